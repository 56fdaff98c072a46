"""The life of a release: registered once, checked at every load, never changed."""

import json
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore import Encoder, EncoderSpec, Identity, Modality, Option, ReadyRelease, Record
from vecstore.registry import Registry


class FileEncoder(Encoder):
    """Reads its settings from a JSON file: scale and bias decide the numbers, noise is hidden."""

    modalities = frozenset({Modality.TEXT})

    def __init__(self, path, options):
        if not path:
            raise vecstore.InvalidArgument("the source is empty; name a file")
        self.parts = json.loads(Path(path).read_text())
        self.dim = self.parts.get("dim", 4)
        self.noise = self.parts.pop("noise", 0.0)
        self.missing = tuple(self.parts.pop("missing", ()))
        self.options = options

    def identity(self):
        return Identity({**self.parts, "scale": self.options["scale"]}, self.missing)

    def encode(self, inputs, role):
        if self.parts.get("broken"):
            return np.zeros((len(inputs), self.dim), np.float64)
        rows = [[len(str(one.data)) + self.noise, 1, 2, 3][: self.dim] for one in inputs]
        return np.array(rows, np.float32) * self.options["scale"]


class Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        return [
            EncoderSpec(
                loader="file",
                summary="for tests",
                modalities=(Modality.TEXT,),
                load=FileEncoder,
                options=(Option("scale", float, 1.0, "factor"),),
            )
        ]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.json"

    def write(**parts):
        path.write_text(json.dumps(parts))
        return str(path)

    write(weights="w1")
    return write


@pytest.fixture
def opener(tmp_path):
    def open_store():
        settings = vecstore.Settings()
        registry = Registry.load(settings, plugins=[("test", Plugin())], entry_points=False)
        return vecstore.open(tmp_path / "data", settings=settings, registry=registry)

    return open_store


@pytest.fixture
def source(model):
    return model(weights="w1")


def register(store, source, name="m@1", **options):
    return store.register_encoder(name, loader="file", source=source, options=options)


def test_a_release_keeps_every_default_resolved(opener, source):
    with opener() as store:
        info = register(store, source)
        assert store.models.resolve("m").options == {"scale": 1.0}
        assert info.parts == {"weights": "w1", "scale": 1.0}
        other = register(store, source, "m@2", scale="2.5")
        assert other.parts["scale"] == 2.5
        assert other.space.fingerprint != info.space.fingerprint


def test_a_name_is_taken_once(opener, source):
    with opener() as store:
        register(store, source)
        with pytest.raises(vecstore.AlreadyExists, match="m@2"):
            register(store, source)
        with pytest.raises(vecstore.AlreadyExists, match="hashing@2"):
            register(store, source, "hashing@1")


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"weights": "w2"}, "weights"), ({"weights": "w1", "prompt": "q: "}, "prompt")],
)
def test_a_changed_model_is_refused_and_what_changed_is_named(opener, model, changed, named):
    with opener() as store:
        register(store, model(weights="w1"))
        docs = store.create_collection("docs", encoder="m@1")
        docs.upsert([Record(id="a", text="some text")])
        vector = store.encode("m@1", ["some text"])[0]
    model(**changed)
    with opener() as store:
        docs = store.collection("docs")
        for call in (
            lambda: docs.search("some text"),
            lambda: docs.upsert([Record(id="b", text="more")]),
            lambda: store.encode("m@1", ["x"]),
            lambda: store.create_collection("more", encoder="m@1"),
            lambda: store.verify_encoder("m@1"),
        ):
            with pytest.raises(vecstore.ModelDrift, match=f"{named}.*register m@2") as caught:
                call()
            assert named in caught.value.details["changed"]
        assert docs.count() == 1
        # What was stored is still of the registered model.
        assert docs.search(vector)[0].id == "a"
        # The way out.
        register(store, model(**changed), "m@2")
        store.create_collection("docs2", encoder="m@2").upsert([Record(id="a", text="some text")])
        with pytest.raises(vecstore.SpaceMismatch):
            store.collection("docs2").search(vector)


def test_what_no_digest_sees_the_canaries_see(opener, model):
    with opener() as store:
        register(store, model(weights="w1"))
    model(weights="w1", noise=0.5)
    with opener() as store, pytest.raises(vecstore.ModelDrift, match="canar"):
        store.encode("m@1", ["x"])


def test_a_little_noise_is_another_precision(opener, model, caplog):
    with opener() as store:
        register(store, model(weights="w1"))
    model(weights="w1", noise=0.03)
    with opener() as store:
        store.encode("m@1", ["x"])
        assert "precision" in caplog.text
        assert "precision" in store.verify_encoder("m@1").warning


def test_an_incomplete_identity_is_refused_until_it_is_accepted(opener, model):
    with opener() as store:
        register(store, model(weights="w1", missing=["tokenizer"]))
        register(store, model(weights="w1"), "whole@1")
        with pytest.raises(vecstore.SpaceUnknown, match="encoders accept m@1"):
            store.create_collection("docs", encoder="m@1")
        vector = store.encode("m@1", ["x"])[0]
        with pytest.raises(vecstore.SpaceUnknown):
            store.compare(vector, vector)
        with pytest.raises(vecstore.InvalidArgument, match="reason is empty"):
            store.accept_encoder("m@1", reason=" ")
        with pytest.raises(vecstore.InvalidArgument, match="nothing to accept"):
            store.accept_encoder("whole@1", reason="why not")
        store.accept_encoder("m@1", reason="its author published the tokenizer")
        assert store.encoder("m@1").accepted == "its author published the tokenizer"
        docs = store.create_collection("docs", encoder="m@1")
        docs.upsert([Record(id="a", text="x")])
        assert docs.search(vector)[0].id == "a"
        assert store.compare(vector, vector).score == pytest.approx(1)


def test_a_model_that_went_away_does_not_tell_clients_where_it_was(opener, model, tmp_path):
    with opener() as store:
        register(store, model(weights="w1"))
        store.create_collection("docs", encoder="m@1")
    (tmp_path / "model.json").unlink()
    with opener() as store:
        with pytest.raises(vecstore.FailedPrecondition, match="encoders verify m@1") as caught:
            store.collection("docs").search("x")
        assert str(tmp_path) not in str(caught.value)
        with pytest.raises(vecstore.PluginError, match=r"model\.json"):
            store.verify_encoder("m@1")


def test_an_encoder_that_answers_nonsense_is_not_believed(opener, model):
    with opener() as store:
        with pytest.raises(vecstore.PluginError):
            register(store, model(weights="w1", broken=True))
        assert "m@1" not in [info.name for info in store.list_encoders()]


def test_options_and_loaders_that_do_not_exist(opener, source):
    with opener() as store:
        with pytest.raises(vecstore.InvalidArgument, match="scale"):
            register(store, source, size=3)
        with pytest.raises(vecstore.EncoderNotFound, match="file"):
            store.register_encoder("m@1", loader="fiel", source=source)
        for name in ("m", "m@", "@1", "a b@1"):
            with pytest.raises(vecstore.InvalidArgument):
                register(store, source, name)


@pytest.mark.parametrize(("dim", "provenance"), [(0, "x"), (-1, "x"), (10**9, "x"), (3, " ")])
def test_spaces_that_cannot_be_declared(opener, dim, provenance):
    with opener() as store:
        with pytest.raises(vecstore.InvalidArgument):
            store.declare_space("ada@2", dim=dim, provenance=provenance)
        assert [info.name for info in store.list_encoders()] == ["hashing@1"]


def test_a_source_is_found_from_any_folder(opener, model, tmp_path, monkeypatch):
    model(weights="w1")
    monkeypatch.chdir(tmp_path)
    with opener() as store:
        register(store, "model.json")
    monkeypatch.chdir("/")
    with opener() as store:
        store.encode("m@1", ["x"])


def test_a_contested_name_names_both_plugins(tmp_path):
    class Other:
        @vecstore.hookimpl
        def vecstore_register_encoders(self):
            ready = (ReadyRelease("twin", "1", "x"),)
            return [
                EncoderSpec("other", "one", (Modality.TEXT,), FileEncoder, ready=ready),
                EncoderSpec("second", "two", (Modality.TEXT,), FileEncoder),
            ]

    class Rival:
        @vecstore.hookimpl
        def vecstore_register_encoders(self):
            ready = (ReadyRelease("twin", "1", "y"),)
            return [EncoderSpec("rival", "one", (Modality.TEXT,), FileEncoder, ready=ready)]

    settings = vecstore.Settings()
    registry = Registry.load(
        settings, plugins=[("left", Other()), ("right", Rival())], entry_points=False
    )
    with vecstore.open(tmp_path / "data", registry=registry) as store:
        for call in (
            lambda: store.encode("twin@1", ["x"]),
            lambda: register_twin(store),
        ):
            with pytest.raises(vecstore.PluginError, match=r"left.*right|right.*left"):
                call()


def register_twin(store):
    store.register_encoder("twin@1", loader="second", source="x")
