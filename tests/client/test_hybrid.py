"""Hybrid search and several vector fields are the same through both clients."""

from dataclasses import replace

import numpy as np
import pytest

from vecstore import FieldValue, NewField, Record, RecordReference, Vector
from vecstore.errors import FailedPrecondition, InvalidArgument, SpaceMismatch


@pytest.fixture(scope="module")
def pixels(embedded):
    return embedded.declare_space("pixels@1", dim=2, provenance="made up").space


@pytest.fixture
def products(store, embedded, pixels):
    made = store.create_collection(
        "products",
        encoder="hashing@1",
        index="exact",
        fields={
            "image": NewField("pixels@1", "exact"),
            "title": NewField("hashing@1", index="exact", transform="truncate-256"),
        },
    )
    made.create_index("$text", "text")
    made.upsert(
        [
            Record(
                id,
                text=text,
                payload={"n": n},
                fields={
                    "image": FieldValue(vector=Vector(pixels, np.array([n, 1], np.float32))),
                    "title": FieldValue(text=f"the title of {text}"),
                },
            )
            for n, (id, text) in enumerate(
                {"red": "red shoes", "blue": "blue shoes", "hat": "a red hat"}.items()
            )
        ]
    )
    yield made
    embedded.delete_collection("products")


def test_fields_are_described_and_come_back(products, embedded, store):
    fields = [replace(one, indexed=None) for one in products.info().fields]
    local = embedded.collection("products").info().fields
    assert fields == [replace(one, indexed=None) for one in local]
    assert [(one.name, one.index, one.space.dim) for one in fields] == [
        ("default", "exact", 384),
        ("image", "exact", 2),
        ("title", "exact", 256),
    ]
    (listed,) = store.list_collections()
    assert [one.name for one in listed.fields] == ["default", "image", "title"]
    (record,) = products.get(["hat"], include_vectors=True)
    assert record.fields["title"].text == "the title of a red hat"
    assert record == embedded.collection("products").get(["hat"], include_vectors=True)[0]
    assert products.search("the title of blue shoes", field="title")[0].id == "blue"


def test_the_answers_are_those_of_the_embedded_store(products, embedded, pixels):
    image = Vector(pixels, np.array([2, 1], np.float32))
    local = embedded.collection("products")
    for given in (
        {"query": "red shoes"},
        {"query": "red shoes", "text": ""},
        {"fields": (), "text": "red hat"},
        {
            "fields": {"image": image, "title": "title of blue shoes"},
            "text": "hat",
            "weights": {"image": 0.5},
        },
        {
            "query": "the title of red shoes",
            "fields": ["title", "default"],
            "k": 2,
            "offset": 1,
            "candidates": 2,
        },
        {"query": RecordReference("hat"), "fields": {"image": None, "default": None}},
        {"query": "red", "filter": {"n": {"$lt": 2}}, "include_payload": False},
        {"query": image, "fields": ["image"], "include_text": False},
    ):
        found, expected = products.search_hybrid(**given), local.search_hybrid(**given)
        assert found == expected
        assert len(found) > 0
        assert list(found.answers) == sorted(expected.answers)
        for name, answer in found.answers.items():
            assert [hit.id for hit in answer] == [hit.id for hit in expected.answers[name]]
            assert answer.space == expected.answers[name].space
            assert answer.unfamiliarity == expected.answers[name].unfamiliarity


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"fields": ()}, InvalidArgument, "nothing to search for"),
        ({"query": "x", "fields": ["sound"]}, InvalidArgument, "no vector field 'sound'"),
        ({"query": "x", "weights": {"sound": 1}}, InvalidArgument, "'sound', which is not"),
        ({"query": "x", "candidates": 0}, InvalidArgument, "candidates is 0"),
        ({"query": "x", "text": "?"}, InvalidArgument, "there is no word"),
        ({}, InvalidArgument, "has no query"),
    ],
)
def test_what_is_refused(products, given, error, told):
    with pytest.raises(error, match=told):
        products.search_hybrid(**given)


def test_spaces_are_kept_apart(products, pixels):
    image = Vector(pixels, np.array([1, 1], np.float32))
    with pytest.raises(SpaceMismatch):
        products.search_hybrid(image)
    with pytest.raises(SpaceMismatch):
        products.upsert([Record("x", fields={"title": FieldValue(vector=image)})])
    products.drop_index("$text")
    with pytest.raises(FailedPrecondition, match="vecstore collections index products"):
        products.search_hybrid("red")


def test_fields_that_cannot_be(store, embedded):
    for fields in ({"full_text": "hashing@1"}, {"a": 7}, {"default": "hashing@1"}):
        with pytest.raises(InvalidArgument):
            store.create_collection("none", encoder="hashing@1", fields=fields)
    assert "none" not in [info.name for info in embedded.list_collections()]
