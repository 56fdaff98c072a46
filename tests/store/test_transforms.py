"""Collections of transformed vectors, on either database."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

import vecstore
from tests.store.texts import TEXT, sentences
from vecstore import Record, RecordReference, Vector
from vecstore.transforms import random_projection, truncation


@pytest.fixture(params=["truncate-8", "small-pca8", "small-random8"])
def transform(request, store, fitted):
    """The name of each kind of transform, made for small@1."""
    store.fit_transform("small-random8", "small", random=8, seed=3)
    return request.param


def test_a_collection_lives_in_the_transformed_space(store, transform):
    cut = store.create_collection("cut", encoder="small@1", transform=transform)
    full = store.space("small@1")
    assert cut.space == store.space("small@1", transform=transform)
    assert (cut.space.dim, cut.space.transform_name) == (8, transform)
    assert replace(cut.space, dim=24, transform="") == full
    assert cut.encoder == "small@1"
    assert cut.info().space == store.list_collections()[0].space == cut.space

    texts = sentences(20)
    cut.upsert([Record(id=str(n), text=one) for n, one in enumerate(texts)])
    hits = cut.search(texts[7], k=3)
    assert hits[0].id == "7"
    assert hits[0].score == pytest.approx(1, abs=1e-5)
    assert hits.space == cut.space
    stored = cut.get(["7"], include_vectors=True)[0].vector
    by_hand = store.encode("small@1", [texts[7]], transform=transform)[0]
    assert stored.space == by_hand.space == cut.space
    np.testing.assert_allclose(stored.values, by_hand.values, atol=1e-6)
    assert np.linalg.norm(by_hand.values) == pytest.approx(1, abs=1e-5)
    # By its definition, from the encoder's own vector.
    plain = store.encode("small@1", [texts[7]])[0].values
    found = store.transforms.find(transform, full)
    left = plain[:8] if found.matrix is None else plain @ found.matrix
    np.testing.assert_allclose(by_hand.values, left / np.linalg.norm(left), atol=1e-5)


def test_it_is_there_after_a_restart(opener):
    texts = sentences(60)
    with opener() as store:
        info = store.fit_transform("p", "hashing@1", random=32)
        cut = store.create_collection("cut", encoder="hashing@1", transform="p")
        cut.upsert([Record(id=str(n), text=one) for n, one in enumerate(texts)])
        before = cut.search(texts[3]), cut.space
    with opener() as store:
        cut = store.collection("cut")
        after = cut.search(texts[3]), cut.space
        assert store.list_transforms() == [store.transform("p")] == [info]
        assert store.transform("p").provenance == info.provenance
    assert after[1] == before[1]
    assert after[0][0].id == "3"


def test_vectors_of_all_other_spaces_are_refused(store, transform):
    cut = store.create_collection("cut", encoder="small@1", transform=transform)
    whole = store.create_collection("whole", encoder="small@1")
    other = store.create_collection("other", encoder="small@1", transform="truncate-9")
    for collection in (cut, whole, other):
        collection.upsert([Record(id="one", text=TEXT)])
    mine = store.encode("small", [TEXT], transform=transform)[0]
    full = store.encode("small", [TEXT])[0]
    nine = store.encode("small", [TEXT], transform="truncate-9")[0]
    digest = cut.space.transform.partition(":")[2] or "0" * 64
    stranger = Vector(replace(cut.space, transform=f"{transform}:{digest[::-1]}"), mine.values)
    good = {"cut": mine, "whole": full, "other": nine}
    for name, query in itertools.product(good, (mine, full, nine, stranger)):
        collection = store.collection(name)
        if query is good[name]:
            assert collection.search(query)[0].id == "one"
            continue
        for call in (
            lambda: collection.search(query),  # noqa: B023
            lambda: collection.search_batch([TEXT, query]),  # noqa: B023
            lambda: collection.upsert([Record(id="new", vector=query)]),  # noqa: B023
            lambda: store.compare(good[name], query),  # noqa: B023
            lambda: store.compare(query, good[name]),  # noqa: B023
        ):
            with pytest.raises(vecstore.SpaceMismatch):
                call()
        assert collection.count() == 1
    for here, there in itertools.permutations(good, 2):
        with pytest.raises(vecstore.SpaceMismatch):
            store.collection(here).search(RecordReference("one", collection=there))
    assert store.compare(mine, mine).score == pytest.approx(1, abs=1e-5)


def test_a_refusal_says_what_to_do(store, fitted):
    cut = store.create_collection("cut", encoder="small@1", transform="small-pca8")
    with pytest.raises(vecstore.SpaceMismatch) as caught:
        cut.search(store.encode("small@1", [TEXT])[0])
    said = caught.value.message
    assert fitted.digest[:12] in said
    assert fitted.digest not in said
    assert (
        "encode with small@1 and the transform small-pca8, or use a collection of small@1" in said
    )
    assert caught.value.details["expected_transform"] == f"small-pca8:{fitted.digest}"
    stranger = replace(cut.space, transform="small-pca8:" + "0" * 64)
    with pytest.raises(vecstore.SpaceMismatch, match="two different transforms"):
        cut.search(Vector(stranger, np.ones(8, np.float32)))


def test_a_transform_of_the_same_name_in_another_store_is_another_one(store, fitted, tmp_path):
    with vecstore.open(tmp_path / "other") as other:
        other.register_encoder("small@1", loader="hashing", source="builtin", options={"dim": 24})
        theirs = other.fit_transform("small-pca8", "small@1", sentences(70), pca=8)
        vector = other.encode("small@1", [TEXT], transform="small-pca8")[0]
    assert theirs.before == fitted.before
    cut = store.create_collection("cut", encoder="small@1", transform="small-pca8")
    with pytest.raises(vecstore.SpaceMismatch):
        cut.search(vector)
    with pytest.raises(vecstore.SpaceMismatch):
        store.transforms.of(vector.space)


def test_one_who_reads_sees_a_transform_that_another_made(opener):
    """Fitting needs no ownership, and a store that is open finds what is made beside it."""
    with opener() as owner:
        owner.create_collection("docs", encoder="hashing@1").upsert([Record(id="a", text=TEXT)])
        with pytest.raises(vecstore.NotFound):
            owner.encode("hashing@1", [TEXT], transform="p")
        with opener() as beside:
            beside.fit_transform("p", "hashing@1", random=16)
            assert not beside.owner.claimed
        cut = owner.create_collection("cut", encoder="hashing@1", transform="p")
        cut.upsert([Record(id="a", text=TEXT)])
        assert cut.search(TEXT)[0].id == "a"


def test_a_transform_is_of_one_encoder(store, fitted):
    store.register_encoder("small@2", loader="hashing", source="builtin", options={"dim": 24})
    for call in (
        lambda: store.encode("small@2", [TEXT], transform="small-pca8"),
        lambda: store.space("small@2", transform="small-pca8"),
        lambda: store.create_collection("c", encoder="small@2", transform="small-pca8"),
    ):
        with pytest.raises(
            vecstore.InvalidArgument, match=r"made for vectors of small@1 .*, not of small@2"
        ):
            call()
    assert store.list_collections() == []


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("truncate-24", vecstore.InvalidArgument, "24 dims .* 1 to 23"),
        ("truncate", vecstore.InvalidArgument, "truncate-N"),
        ("nobody", vecstore.NotFound, "there are: small-pca8"),
        (7, vecstore.InvalidArgument, "transform is 7"),
    ],
)
def test_transforms_that_are_none(store, fitted, name, error, said):
    for call in (
        lambda: store.encode("small@1", [TEXT], transform=name),
        lambda: store.create_collection("c", encoder="small@1", transform=name),
    ):
        with pytest.raises(error, match=said):
            call()
    assert store.list_collections() == []
    with pytest.raises(vecstore.NotFound, match="small-pca8"):
        store.transform("nobody")


def test_an_external_space_has_none(store):
    store.declare_space("outside@1", dim=8, provenance="a test")
    with pytest.raises(vecstore.InvalidArgument, match="outside@1 is an external space"):
        store.create_collection("c", encoder="outside@1", transform="truncate-4")
    assert store.list_collections() == []


@pytest.mark.parametrize(
    "damage",
    [
        {"parameters": np.ones((24, 8), "<f4").tobytes()},
        {"parameters": b"short"},
        {"kind": "random"},
        {"kind": "magic"},
        {"dim": 4},
        {"digest": "0" * 64},
        {"provenance": "{bro"},
        {"provenance": "[1]"},
    ],
)
def test_a_damaged_transform_never_answers(opener, damage):
    column, value = next(iter(damage.items()))
    with opener() as store:
        store.register_encoder("small@1", loader="hashing", source="builtin", options={"dim": 24})
        store.fit_transform("p", "small", sentences(40), pca=8)
        docs = store.create_collection("docs", encoder="small@1", transform="p")
        docs.upsert([Record(id="a", text=TEXT)])
        with store.catalog.engine.begin() as connection:
            connection.execute(text(f"UPDATE transforms SET {column} = :value"), {"value": value})
    with opener() as store:
        docs = store.collection("docs")
        for call in (
            lambda: docs.search(TEXT),
            lambda: docs.upsert([Record(id="b", text=TEXT + " again")]),
            lambda: store.encode("small", [TEXT], transform="p"),
        ):
            with pytest.raises(vecstore.StorageError, match=r"'p'.* not what was written"):
                call()
        assert docs.count() == 1


def test_a_transform_put_in_the_place_of_another_is_refused(opener):
    """All of a row was replaced, its digest too: the collection still knows whose it is."""
    with opener() as store:
        store.fit_transform("p", "hashing@1", random=8, seed=1)
        docs = store.create_collection("docs", encoder="hashing@1", transform="p")
        docs.upsert([Record(id="a", text=TEXT)])
        other = random_projection(384, 8, 2, "p")
        with store.catalog.engine.begin() as connection:
            connection.execute(
                text("UPDATE transforms SET parameters = :matrix, digest = :digest"),
                {"matrix": other.matrix.tobytes(), "digest": other.digest},
            )
    with opener() as store:
        docs = store.collection("docs")
        for call in (
            lambda: docs.search(TEXT),
            lambda: docs.upsert([Record(id="b", text=TEXT + " again")]),
            lambda: docs.search(store.encode("hashing@1", [TEXT], transform="p")[0]),
        ):
            with pytest.raises(vecstore.SpaceMismatch):
                call()


def test_where_nothing_is_left_of_a_vector(store):
    docs = store.create_collection("docs", encoder="hashing@1", transform="truncate-1")
    with pytest.raises(vecstore.InvalidVector, match="'cat' after truncate-1: vector is all zeros"):
        docs.upsert([Record(id="cat", text="cat")])
    assert docs.count() == 0


def test_an_unchanged_text_keeps_its_vector_and_a_changed_one_gets_another(store, fitted):
    docs = store.create_collection("docs", encoder="small@1", transform="small-pca8")
    docs.upsert([Record(id="a", text=TEXT)])
    before = docs.get(["a"], include_vectors=True)[0].vector
    docs.upsert([Record(id="a", text=TEXT, payload={"n": 1})])
    assert docs.get(["a"], include_vectors=True)[0].vector == before
    docs.upsert([Record(id="a", text="something else altogether")])
    changed = docs.get(["a"], include_vectors=True)[0].vector
    assert changed.space == before.space
    assert changed != before


def test_truncation_of_the_truncation_values(store):
    vector = store.encode("hashing@1", [TEXT], transform="truncate-200")[0]
    plain = store.encode("hashing@1", [TEXT])[0]
    expected = truncation(200, 384).apply(plain.values[None], normalized=True)[0]
    np.testing.assert_array_equal(vector.values, expected)
