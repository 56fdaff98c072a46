"""What a model says that it was made for goes on record with its release, and stays there."""

import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

import vecstore
from vecstore import Encoder, EncoderSpec, Identity, Modality, TaskCard
from vecstore.registry import Registry
from vecstore.storage import schema, tables


class Says(Encoder):
    """An encoder whose card is in a JSON file; ``"raise"`` stands for a fault."""

    dim = 2
    modalities = frozenset({Modality.TEXT})

    def __init__(self, source, _options):
        self._said = json.loads(Path(source).read_text())

    def identity(self):
        return Identity({"says": "1"})

    def encode(self, inputs, role):
        return np.ones((len(inputs), 2), np.float32)

    def card(self):
        if self._said == "raise":
            raise RuntimeError("no card today")
        return TaskCard(*self._said) if isinstance(self._said, list) else self._said


def loader_says(source):
    return TaskCard("what the loader says", {"source": Path(source).name}, "the loader")


class Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        def spec(name, card=None):
            return EncoderSpec(name, "for tests", (Modality.TEXT,), Says, card=card)

        wrong = spec("wrong", lambda _: "a text")
        return [spec("says"), spec("loader", loader_says), wrong]


@pytest.fixture
def opened(tmp_path):
    def open_store():
        settings = vecstore.Settings()
        registry = Registry.load(settings, plugins=[("test", Plugin())], entry_points=False)
        return vecstore.open(tmp_path / "data", settings=settings, registry=registry)

    return open_store


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "said.json"

    def write(said):
        path.write_text(json.dumps(said))
        return str(path)

    return write


def fields(card):
    return (card.trained_for, card.data, card.source)


def test_a_card_stays_on_record(opened, source):
    said = ["reading", {"domain": "books", "counts": {"texts": 7}, "languages": ["en"]}, "itself"]
    with opened() as store:
        made = store.register_encoder("m@1", loader="says", source=source(said))
        assert fields(made.card) == tuple(said)
    source(["something else by now", {}, ""])
    with opened() as store:
        assert fields(store.encoder("m@1").card) == tuple(said)
        assert [fields(i.card) for i in store.list_encoders() if i.name == "m@1"] == [tuple(said)]


def test_the_encoder_is_believed_before_its_loader(opened, source):
    with opened() as store:
        own = store.register_encoder("own@1", loader="loader", source=source(["mine", {}, "me"]))
        assert own.card.trained_for == "mine"
        silent = store.register_encoder("silent@1", loader="loader", source=source(None))
        assert fields(silent.card) == (
            "what the loader says",
            {"source": "said.json"},
            "the loader",
        )


def test_who_says_nothing_has_no_card(opened, source):
    with opened() as store:
        assert store.register_encoder("m@1", loader="says", source=source(None)).card is None
        assert store.declare_space("ext@1", dim=3, provenance="elsewhere").card is None


def test_a_release_of_an_older_vecstore_has_no_card(opened, tmp_path):
    with opened() as store:
        assert store.encoder("hashing@1").card is not None
    engine = schema.connect(schema.sqlite_url(tmp_path / "data"))
    with schema.writing(engine).begin() as connection:
        connection.execute(update(tables.releases).values(card=None))
    engine.dispose()
    with opened() as store:
        assert store.encoder("hashing@1").card is None
        assert len(store.encode("hashing@1", ["a text"])) == 1


@pytest.mark.parametrize(
    "said",
    ["a text", ["", {}, ""], ["a", "no mapping", ""], [5, {}, ""], ["a", {}, 5], "raise"],
    ids=str,
)
def test_what_is_no_card_is_the_plugins_fault_and_nothing_is_registered(opened, source, said):
    with opened() as store:
        with pytest.raises(vecstore.PluginError, match="loader says"):
            store.register_encoder("m@1", loader="says", source=source(said))
        assert "m@1" not in {info.name for info in store.list_encoders()}


def test_a_loader_that_gives_no_card_is_named(opened, source):
    with opened() as store, pytest.raises(vecstore.PluginError, match=r"loader wrong .*'a text'"):
        store.register_encoder("m@1", loader="wrong", source=source(None))


def test_numbers_that_are_none_are_no_json(opened, source):
    with opened() as store, pytest.raises(vecstore.PluginError, match="loader says"):
        store.register_encoder("m@1", loader="says", source=source(["a", {"share": np.nan}, ""]))


@pytest.mark.parametrize(
    "said",
    [
        ["a", {"documents": 2**64}, ""],
        ["a", {"name": "\udcff.txt"}, ""],
        ["\udcff", {}, ""],
        ["a", {}, "\0"],
        ["a", {"text": "x" * 2**21}, ""],
        ["a", {"deep": json.loads("[" * 100 + "]" * 100)}, ""],
    ],
    ids=["number", "name", "task", "source", "size", "depth"],
)
def test_a_card_that_no_message_can_carry_is_refused(opened, source, said):
    with opened() as store:
        with pytest.raises(vecstore.PluginError, match="loader says"):
            store.register_encoder("m@1", loader="says", source=source(said))
        assert "m@1" not in {info.name for info in store.list_encoders()}


@pytest.mark.parametrize("damage", ["{bro", "[]", '{"trained_for": "a", "unknown": 1}'])
def test_a_damaged_card_is_told_of(opened, tmp_path, damage):
    with opened() as store:
        store.encoder("hashing@1")
    engine = schema.connect(schema.sqlite_url(tmp_path / "data"))
    with schema.writing(engine).begin() as connection:
        connection.execute(update(tables.releases).values(card=damage))
    engine.dispose()
    with opened() as store, pytest.raises(vecstore.errors.StorageError, match="hashing@1 on rec"):
        store.encoder("hashing@1")
