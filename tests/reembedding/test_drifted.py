"""A model that was changed under its name and version is caught at its load, which leads on."""

import numpy as np
import pytest

import vecstore
from vecstore import Identity, ModelDrift, Record
from vecstore.bridges import BridgeInfo, BridgeKind, BridgeMap, bridged_space
from vecstore.registry import Registry


def published(letters, parts, *, turned):
    """A plugin whose letters@1 has other weights than it had."""

    class Altered(letters):
        def identity(self):
            weights = "altered" if self._source == "first" else self._source
            return Identity({"letters": weights if parts else self._source})

        def encode(self, inputs, role):
            rows = super().encode(inputs, role)
            return rows[:, ::-1].copy() if turned and self._source != "second" else rows

    class Plugin:
        @vecstore.hookimpl
        def vecstore_register_encoders(self):
            ready = (vecstore.ReadyRelease("letters", "1", "first"),)
            reads = (vecstore.Modality.TEXT,)
            return [vecstore.EncoderSpec("letters", "for tests", reads, Altered, ready=ready)]

    return Registry.load(vecstore.Settings(), plugins=[("tests", Plugin())], entry_points=False)


def bridge(store, other):
    """Queries of letters@1 may be asked of another collection."""
    source, target = store.space("letters@1"), other.space
    found = BridgeMap(BridgeKind.ORTHOGONAL, np.eye(26, dtype=np.float32))
    space = bridged_space(source, target, found.digest, "up")
    info = BridgeInfo("up", "other", "default", source, target, space, found.kind, 0, 0)
    row = store.row("other")
    store.bridges.rows.add(row, row.fields[0], info, found)
    other.search("cab", bridge="up")


@pytest.mark.parametrize(
    ("parts", "turned", "said"),
    [
        (True, False, "is not the model that was registered .* Changed: letters: "),
        (False, True, "gives other vectors: its canaries deviate"),
    ],
)
def test_altered_weights_lead_to_a_move(
    tmp_path, registry, letters, serving, settled, parts, turned, said
):
    with vecstore.open(tmp_path, registry=registry) as store:
        docs = store.create_collection("docs", encoder="letters@1")
        docs.upsert([Record(id=one, text=one) for one in ("cab", "quiz", "fog")])
        bridge(store, store.create_collection("other", encoder="letters@3"))
    altered = published(letters, parts, turned=turned)
    with vecstore.open(tmp_path, registry=altered) as store, serving(store) as address:
        docs = store.collection("docs")
        with vecstore.connect(address) as remote:
            for asked in (docs, remote.collection("docs")):
                for call in (
                    lambda asked=asked: asked.search("cab"),
                    lambda asked=asked: asked.upsert([Record(id="new", text="new")]),
                ):
                    with pytest.raises(ModelDrift, match=said) as caught:
                        call()
                    assert caught.value.message.endswith(
                        "register what is there now as a new version: vecstore encoders register "
                        "letters@2 --loader letters --source SOURCE, and move each collection "
                        "there while it goes on answering: "
                        "vecstore reembed start COLLECTION --to letters@2"
                    )
        with pytest.raises(ModelDrift, match=said):
            store.collection("other").search("cab", bridge="up")
        # What it says can be done.
        store.register_encoder("letters@2", loader="letters", source="first")
        moving = docs.reembedding()
        moving.start("letters@2", switch="auto")
        assert settled(moving).state == "switched"
        docs.upsert([Record(id="new", text="new")])
        assert docs.search("new")[0].id == "new"
        assert docs.search("cab")[0].id == "cab"
