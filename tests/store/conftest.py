"""A store on either database, with some records about animals."""

import pytest

import vecstore
from tests.store.texts import sentences
from vecstore import Record

ANIMALS = {
    "cat": "a cat sleeps on the warm sofa",
    "dog": "a dog chases the red ball",
    "fish": "a fish swims in the deep sea",
    "bird": "a bird sings in the green tree",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request, tmp_path):
    """Opens the same store again and again."""
    database = None
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    return lambda **settings: vecstore.open(
        tmp_path / "data", database=database, settings=vecstore.Settings(**settings)
    )


@pytest.fixture
def store(opener):
    with opener() as store:
        yield store


@pytest.fixture
def docs(store):
    docs = store.create_collection("docs", encoder="hashing@1")
    docs.upsert([Record(id=i, text=t, payload={"kind": i}) for i, t in ANIMALS.items()])
    return docs


@pytest.fixture
def animals():
    return ANIMALS


@pytest.fixture
def encoded(store, docs, monkeypatch):
    """What the encoder of ``docs`` is given from now on."""
    seen = []
    encoder = store.models.load(store.models.resolve(docs.encoder))
    whole = encoder.encode

    def count(inputs, role):
        seen.extend(inputs)
        return whole(inputs, role)

    monkeypatch.setattr(encoder, "encode", count)
    return seen


@pytest.fixture
def small(store):
    """An encoder of 24 dims, so that a few sentences are enough for PCA."""
    return store.register_encoder(
        "small@1", loader="hashing", source="builtin", options={"dim": 24}
    )


@pytest.fixture
def fitted(store, small):
    return store.fit_transform("small-pca8", "small@1", sentences(60), pca=8)
