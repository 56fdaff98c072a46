"""Several vector fields in one collection, each in its own space."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore import FieldValue, NewField, Record, Vector
from vecstore.errors import (
    AlreadyExists,
    EncoderNotFound,
    InvalidArgument,
    InvalidRecord,
    RecordNotFound,
    SpaceMismatch,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with contextlib.ExitStack() as stack:
        database = None
        if request.param == "postgresql":
            database = stack.enter_context(request.getfixturevalue("postgres_server").store())
        store = vecstore.open(tmp_path_factory.mktemp("store"), database=database)
        stack.enter_context(store)
        store.declare_space("pixels@1", dim=3, provenance="made up")
        yield store


@pytest.fixture
def store(opened: Any) -> Iterator[Any]:
    yield opened
    for info in opened.list_collections():
        opened.delete_collection(info.name)


@pytest.fixture
def products(store: Any) -> Any:
    return store.create_collection(
        "products", encoder="hashing@1", fields={"image": NewField("pixels@1", index="exact")}
    )


def image(products: Any, *values: float) -> FieldValue:
    space = products.info().fields[1].space
    return FieldValue(vector=Vector(space, np.array(values, np.float32)))


def fill(products: Any) -> None:
    products.upsert(
        [
            Record("both", text="red shoes", fields={"image": image(products, 1, 0, 0)}),
            Record("text", text="blue shoes"),
            Record("image", fields={"image": image(products, 0.9, 0.1, 0)}),
        ]
    )


def ids(hits: Any) -> list[str]:
    return [hit.id for hit in hits]


def test_every_field_is_described(products: Any, store: Any) -> None:
    default, second = store.collection("products").info().fields
    assert (default.name, default.encoder, default.index) == ("default", "hashing@1", "hnsw")
    assert (second.name, second.encoder, second.index) == ("image", "pixels@1", "exact")
    assert default.space == products.space != second.space
    assert store.list_collections()[0].fields == (default, second)


def test_each_field_is_searched_by_itself(products: Any) -> None:
    fill(products)
    assert ids(products.search("red shoes")) == ["both", "text"]
    query = image(products, 1, 0, 0).vector
    hits = products.search(query, field="image")
    assert ids(hits) == ["both", "image"]
    assert hits.space == query.space
    assert ids(products.search_batch([query], field="image")[0]) == ["both", "image"]
    reference = vecstore.RecordReference("both")
    assert ids(products.search(reference, field="image")) == ["image"]
    with pytest.raises(RecordNotFound, match="no vector in the field 'image'"):
        products.search(vecstore.RecordReference("text"), field="image")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"image": "words"}, "the field 'image' is a str; give a vecstore.FieldValue"),
        ({"image": None}, "the field 'image' is a NoneType"),
        ("image", "fields is a str"),
        ([1], "fields is a list"),
        (None, "fields is a NoneType"),
    ],
)
def test_fields_that_are_no_values_by_name(products: Any, fields: Any, said: str) -> None:
    bad = Record("x", text="words", fields=fields)
    with pytest.raises(InvalidRecord, match=said):
        products.upsert([bad])
    results = list(products.ingest([bad, Record("y", text="words")]))
    assert [one.id for one in results if one.error is not None] == ["x"]
    assert products.count() == 1


def test_a_vector_of_one_space_enters_no_other_field(products: Any) -> None:
    fill(products)
    text = products.get(["both"], include_vectors=True)[0].vector
    with pytest.raises(SpaceMismatch):
        products.upsert([Record("x", fields={"image": FieldValue(vector=text)})])
    with pytest.raises(SpaceMismatch):
        products.search(text, field="image")
    with pytest.raises(SpaceMismatch):
        products.search(image(products, 1, 0, 0).vector)
    with pytest.raises(InvalidRecord, match="no vector field 'sound'"):
        products.upsert([Record("x", fields={"sound": FieldValue(text="a")})])
    assert products.count() == 3


def test_what_is_stored_comes_back(products: Any) -> None:
    fill(products)
    both, only = products.get(["both", "image"], include_vectors=True)
    assert both.text == "red shoes"
    assert both.fields["image"].vector.values == pytest.approx([1, 0, 0])
    assert only.vector is None
    listed = products.list(include_vectors=True).records
    assert [sorted(one.field_values()) for one in listed] == [
        ["default", "image"],
        ["image"],
        ["default"],
    ]


def test_an_upsert_replaces_every_field(products: Any) -> None:
    fill(products)
    products.upsert([Record("both", text="red shoes")])
    assert ids(products.search(image(products, 1, 0, 0).vector, field="image")) == ["image"]
    products.delete(["text", "both"])
    assert ids(products.search("red shoes")) == []
    products.upsert([Record("image", text="red shoes")])
    assert ids(products.search("red shoes")) == ["image"]
    assert ids(products.search(image(products, 1, 0, 0).vector, field="image")) == []


def test_a_restart_keeps_every_field(tmp_path: Path) -> None:
    with vecstore.open(tmp_path) as store:
        store.declare_space("pixels@1", dim=3, provenance="made up")
        fields = {"image": NewField("pixels@1", index="exact")}
        products = store.create_collection("products", encoder="hashing@1", fields=fields)
        fill(products)
        query = image(products, 1, 0, 0).vector
    with vecstore.open(tmp_path) as again:
        products = again.collection("products")
        assert ids(products.search("red shoes")) == ["both", "text"]
        assert ids(products.search(query, field="image")) == ["both", "image"]
        again.delete_collection("products")
        again.create_collection("products", encoder="hashing@1")
        assert len(again.collection("products").info().fields) == 1


def test_two_fields_of_one_encoder_with_inputs_of_their_own(store: Any) -> None:
    docs = store.create_collection("docs", encoder="hashing@1", fields={"title": "hashing@1"})
    docs.upsert([Record("a", text="a long body", fields={"title": FieldValue(text="Short")})])
    docs.upsert([Record("a", text="a long body", fields={"title": FieldValue(text="Changed")})])
    assert docs.search("Changed", field="title")[0].score == pytest.approx(1)
    assert docs.search("Changed", field="title")[0].text == "Changed"
    assert docs.search("a long body")[0].score == pytest.approx(1)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"full_text": "hashing@1"}, "'full_text', which stands for full text"),
        ({"default": "hashing@1"}, "'default', which is the field"),
        ({"a b": "hashing@1"}, "'a b' is no name of a vector field"),
        ({"": "hashing@1"}, "no name"),
        ({"a" * 65: "hashing@1"}, "at most 64 long"),
        ({7: "hashing@1"}, "7 is no name"),
        ({"a": 7}, "the field 'a' is 7; give the name of an encoder"),
        (["a"], "give encoders by name"),
        ({f"f{n}": "hashing@1" for n in range(16)}, "16 vector fields beside 'default'"),
        ({"a": NewField("hashing@1", index="nope")}, "field 'a': .*'nope'"),
    ],
)
def test_fields_that_cannot_be(store: Any, fields: Any, told: str) -> None:
    with pytest.raises(vecstore.VecstoreError, match=told):
        store.create_collection("docs", encoder="hashing@1", fields=fields)
    assert store.list_collections() == []


def test_an_encoder_that_is_missing_makes_nothing(store: Any) -> None:
    with pytest.raises(EncoderNotFound, match=r"^field 'image': "):
        store.create_collection("docs", encoder="hashing@1", fields={"image": "nothing@1"})
    store.create_collection("docs", encoder="hashing@1", fields={"image": "pixels@1"})
    with pytest.raises(AlreadyExists):
        store.create_collection("docs", encoder="hashing@1")
    with pytest.raises(
        InvalidArgument, match="has no vector field 'sound'; it has: default, image"
    ):
        store.collection("docs").search("x", field="sound")
