"""Declared indexes: on record, listed, taken back, and without influence on what a filter means."""

from __future__ import annotations

import time
from typing import Any

import pytest

from vecstore import (
    CollectionNotFound,
    FailedPrecondition,
    InvalidArgument,
    InvalidFilter,
    NotFound,
    Record,
    owner,
)
from vecstore.payload_indexes import FULL_TEXT_INPUT, IndexType, PayloadIndex
from vecstore.storage import payload_indexes
from vecstore.storage.payload_indexes import declared, label_payloads


def test_indexes_are_declared_listed_and_dropped(opener: Any, docs: Any, store: Any) -> None:
    assert docs.info().indexes == ()
    assert docs.create_index("n", "integer") == PayloadIndex("n", IndexType.INTEGER)
    docs.create_index("kind", IndexType.KEYWORD)
    docs.create_index("n", "float")
    listed = (
        PayloadIndex("kind", IndexType.KEYWORD),
        PayloadIndex("n", IndexType.FLOAT),
        PayloadIndex("n", IndexType.INTEGER),
    )
    assert docs.info().indexes == listed
    assert store.list_collections()[0].indexes == listed
    store.close()
    with opener() as again:
        docs = again.collection("docs")
        assert docs.info().indexes == listed
        docs.drop_index("n", "float")
        assert docs.info().indexes == (listed[0], listed[2])
        docs.create_index("n", "float")
        docs.drop_index("n")
        assert docs.info().indexes == listed[:1]


def test_the_same_index_again_does_nothing(docs: Any) -> None:
    for _ in range(2):
        docs.create_index("a\\.b.c", "keyword")
    assert docs.info().indexes == (PayloadIndex("a\\.b.c", IndexType.KEYWORD),)


def test_a_key_has_one_spelling(docs: Any) -> None:
    assert docs.create_index("C:\\x", "keyword").key == "C:\\\\x"
    docs.drop_index("C:\\\\x")
    assert docs.info().indexes == ()


def test_words_are_searched_for_once_a_text_index_is_declared(docs: Any, store: Any) -> None:
    def found() -> list[str]:
        return [one for one, _ in store.full_text.search(docs._row, "sofa", 3)]

    with pytest.raises(FailedPrecondition, match="no index of type text"):
        found()
    docs.create_index(FULL_TEXT_INPUT, "text")
    assert found() == ["cat"]
    docs.create_index("note", "text")
    docs.upsert([Record(id="dog", text="a dog", payload={"note": "it likes the sofa"})])
    assert sorted(found()) == ["cat", "dog"]
    docs.drop_index(FULL_TEXT_INPUT)
    assert found() == ["dog"]
    docs.drop_index("note")
    with pytest.raises(FailedPrecondition, match="no index of type text"):
        found()


def test_an_index_of_texts_that_are_not_kept_is_refused(store: Any) -> None:
    docs = store.create_collection("bare", encoder="hashing@1", store_inputs=False)
    with pytest.raises(FailedPrecondition, match="does not keep inputs"):
        docs.create_index(FULL_TEXT_INPUT, "text")
    assert docs.info().indexes == ()


REFUSED: list[tuple[Any, Any, type[Exception], str]] = [
    ("a", "word", InvalidArgument, "no index of type 'word'; use one of keyword, integer"),
    ("a", 5, InvalidArgument, "no index of type 5"),
    ("a..b", "keyword", InvalidFilter, "empty key"),
    ("$a", "keyword", InvalidFilter, r"written \\\$"),
    (FULL_TEXT_INPUT, "keyword", InvalidArgument, "is of type text, and keyword was asked"),
    (7, "keyword", InvalidFilter, "keys are strings"),
    ("k" * 501, "keyword", InvalidArgument, "501 characters; an index takes keys of up to 500"),
]


def test_what_cannot_be_declared_is_refused(docs: Any) -> None:
    for key, kind, error, words in REFUSED:
        with pytest.raises(error, match=words):
            docs.create_index(key, kind)
    assert docs.info().indexes == ()


def test_the_longest_key_fits(docs: Any) -> None:
    docs.create_index("\U0001f600" * 500, "keyword")
    assert len(docs.info().indexes) == 1


def test_there_are_at_most_so_many(docs: Any, monkeypatch: Any) -> None:
    assert payload_indexes.MAX_INDEXES == 64
    monkeypatch.setattr(payload_indexes, "MAX_INDEXES", 2)
    docs.create_index("a", "keyword")
    docs.create_index("a", "integer")
    docs.create_index("a", "keyword")
    with pytest.raises(FailedPrecondition, match="has 2 indexes, and 2 are allowed"):
        docs.create_index("one more", "keyword")
    docs.drop_index("a", "integer")
    docs.create_index("one more", "keyword")


def test_what_is_not_there_cannot_be_dropped(docs: Any) -> None:
    with pytest.raises(NotFound, match="has no index on 'a'; declared are: none"):
        docs.drop_index("a")
    docs.create_index("a", "keyword")
    with pytest.raises(NotFound, match=r"no index of type float on 'a'; declared are: a \(keyword"):
        docs.drop_index("a", "float")
    with pytest.raises(InvalidArgument, match="no index of type 'x'"):
        docs.drop_index("a", "x")


def test_an_index_goes_with_its_collection(docs: Any, store: Any) -> None:
    docs.create_index("a", "keyword")
    row = docs._row
    store.delete_collection("docs")
    assert declared(store._engine, row.id) == ()
    for change in (lambda: docs.create_index("b", "keyword"), lambda: docs.drop_index("a")):
        with pytest.raises(CollectionNotFound):
            change()
    assert declared(store._engine, row.id) == ()
    assert store.create_collection("docs", encoder="hashing@1").info().indexes == ()


def test_what_an_index_is_filled_from(docs: Any, store: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(payload_indexes, "_PIECE", 2)
    row = docs._row
    field = row.fields[0]
    entries = store.reader.entries(field, ["cat", "dog", "fish", "bird"])
    found = dict(label_payloads(store._engine, row, field))
    assert found == {
        entries[one].label: f'{{"kind":"{one}"}}' for one in ("cat", "dog", "fish", "bird")
    }


def test_an_index_is_in_use_when_its_declaration_returns(docs: Any, monkeypatch: Any) -> None:
    def slowly(*given: Any) -> Any:
        time.sleep(0.2)
        return label_payloads(*given)

    monkeypatch.setattr(owner, "label_payloads", slowly)

    def told_by(value: str) -> tuple[str, ...]:
        # Another filter each time: who satisfied one is remembered.
        plan = docs.search("a cat", 1, filter={"kind": {"$ne": value}}, explain=True).plan
        return tuple(plan.indexes)

    assert told_by("dog") == ()
    docs.create_index("kind", "keyword")
    assert told_by("bird") == ("kind",)
    docs.drop_index("kind")
    assert told_by("fish") == ()


def test_filters_mean_the_same_with_an_index(docs: Any) -> None:
    values = [1, 1.0, 2**53 + 1, True, None, "1", "x", "2026-01-31", ["x", 1], [], {"b": 1}, 0.1]
    docs.upsert(
        [Record(id=f"v{n}", text="a value", payload={"a": v}) for n, v in enumerate(values)]
    )
    conditions: list[Any] = [
        *(1, True, None, "x", {"$gt": 0}, {"$lt": "z"}, {"$exists": True}, {"$prefix": "2026"}),
        *({"$in": [1, "x"]}, {"$ne": 1}, {"$datetime": "2026-01-31"}, {"$contains": "x"}),
    ]

    def answers() -> list[Any]:
        return [
            sorted(hit.id for hit in docs.search("a value", 20, filter={"a": one}))
            for one in conditions
        ]

    before = answers()
    for kind in IndexType:
        docs.create_index("a", kind)
        assert answers() == before, kind
    docs.upsert([Record(id="late", text="a value", payload={"a": "x"})])
    assert all("late" in found for found in (answers()[3], answers()[6]))
