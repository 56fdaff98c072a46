"""Transforms of encoders that are not all alike: of any length, incomplete, drifting."""

from dataclasses import replace

import numpy as np
import pytest

import vecstore
from vecstore import Encoder, EncoderSpec, Identity, Modality, Option, Record
from vecstore.registry import Registry

DIM = 6
TEXTS = ["a", "bb ccc", "dddd e ff", "ggg", "hh iiiii j", "k lm nopq", "rstu v", "wx yz"]


class LettersEncoder(Encoder):
    """Counts letters, so that vectors have any length; ``missing`` makes it incomplete."""

    dim = DIM
    modalities = frozenset({Modality.TEXT})

    def __init__(self, source, options):
        self.options = options
        self.normalized = options["normalized"]

    def identity(self):
        return Identity({"letters": 1, **self.options}, ("weights",) * self.options["missing"])

    def encode(self, inputs, role):
        rows = np.zeros((len(inputs), DIM))
        for row, one in zip(rows, inputs, strict=True):
            for place, letter in enumerate(str(one.data)):
                row[ord(letter) % DIM] += 1 + place / 7
        if self.normalized:
            rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return np.minimum(rows * float(self.options["scale"]), 3e38).astype(np.float32)


OPTIONS = (
    Option("missing", bool, False, "whether the identity is incomplete"),
    Option("normalized", bool, False, "whether vectors have length 1"),
    Option("scale", float, 1.0, "factor"),
)


class Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        return [EncoderSpec("letters", "for tests", (Modality.TEXT,), LettersEncoder, OPTIONS)]


@pytest.fixture
def store(tmp_path):
    settings = vecstore.Settings()
    registry = Registry.load(settings, plugins=[("test", Plugin())], entry_points=False)
    with vecstore.open(tmp_path / "data", settings=settings, registry=registry) as store:
        yield store


def register(store, name="m@1", **options):
    return store.register_encoder(name, loader="letters", source="builtin", options=options)


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("transform", ["truncate-3", "p"])
def test_vectors_are_as_long_as_the_encoders(store, transform, normalized):
    register(store, normalized=normalized)
    store.fit_transform("p", "m@1", TEXTS, pca=3)
    lengths = [
        float(np.linalg.norm(vector.values))
        for vector in store.encode("m@1", TEXTS, transform=transform)
    ]
    if normalized:
        assert lengths == pytest.approx([1.0] * len(TEXTS), abs=1e-5)
    else:
        assert max(lengths) > 2 * min(lengths) > 0


def test_euclidean_distances_are_those_of_what_is_left(store):
    register(store)
    docs = store.create_collection("docs", encoder="m@1", metric="l2", transform="truncate-3")
    docs.upsert([Record(id=one, text=one) for one in TEXTS])
    found = {hit.id: hit.distance for hit in docs.search(TEXTS[2], k=len(TEXTS))}
    plain = dict(zip(TEXTS, store.encode("m@1", TEXTS), strict=True))
    for one in TEXTS:
        difference = plain[one].values[:3] - plain[TEXTS[2]].values[:3]
        assert found[one] == pytest.approx(float(difference @ difference), abs=1e-4)


def test_an_incomplete_encoder_is_accepted_with_its_transforms(store):
    register(store, missing=True)
    for call in (
        lambda: store.create_collection("docs", encoder="m@1", transform="truncate-3"),
        lambda: store.compare(*store.encode("m@1", TEXTS[:2], transform="truncate-3")),
    ):
        with pytest.raises(vecstore.SpaceUnknown, match="encoders accept m@1 "):
            call()
    store.accept_encoder("m@1", reason="pinned")
    docs = store.create_collection("docs", encoder="m@1", transform="truncate-3")
    docs.upsert([Record(id=one, text=one) for one in TEXTS])
    assert docs.search(TEXTS[4])[0].score == pytest.approx(1, abs=1e-5)
    a, b = store.encode("m@1", TEXTS[:2], transform="truncate-3")
    store.compare(a, b)
    docs.search(a)
    # What is accepted is the encoder of this fingerprint, and no other.
    stranger = replace(a.space, fingerprint=a.space.fingerprint[:-1] + "!")
    with pytest.raises(vecstore.SpaceMismatch):
        docs.search(vecstore.Vector(stranger, a.values))
    with pytest.raises(vecstore.SpaceUnknown):
        store.compare(vecstore.Vector(stranger, a.values), vecstore.Vector(stranger, b.values))


def test_a_transform_is_of_one_fingerprint(store):
    """The same name and version, made anew in the database: another encoder."""
    register(store)
    store.fit_transform("p", "m@1", TEXTS, pca=3)
    register(store, "m@2", scale=2.0)
    with pytest.raises(vecstore.InvalidArgument, match="made for vectors of m@1 "):
        store.encode("m@2", TEXTS, transform="p")


def test_an_encoder_that_refuses_an_input_names_its_place(store, monkeypatch):
    register(store)

    def refuse(self, inputs, role):
        for number, one in enumerate(inputs):
            if one.data == TEXTS[6]:
                raise vecstore.InvalidInput("no such letters", input=number)
        return np.ones((len(inputs), DIM), np.float32)

    monkeypatch.setattr(LettersEncoder, "encode", refuse)
    with pytest.raises(vecstore.InvalidInput, match="input 7 of the data: no such letters"):
        store.fit_transform("p", "m@1", TEXTS, pca=3)
    assert store.list_transforms() == []


def test_numbers_that_overflow_are_refused(store):
    register(store, scale=1e38)
    store.fit_transform("p", "m@1", TEXTS, pca=3)
    docs = store.create_collection("docs", encoder="m@1", transform="p")
    with pytest.raises(vecstore.InvalidVector, match="finite"):
        docs.upsert([Record(id="a", text="abcdefghijklmnopqrst" * 3)])
    assert docs.count() == 0
