"""Vector fields and words, searched together and fused by rank alone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore import FieldValue, Record, RecordReference, Vector
from vecstore.answers import Source
from vecstore.errors import (
    FailedPrecondition,
    InvalidArgument,
    InvalidFilter,
    InvalidInput,
    SpaceMismatch,
)

TEXTS = {
    "copy": "copy a directory tree",
    "tree": "a tree of red leaves",
    "delete": "delete a file",
    "sort": "sort a list of numbers",
    "list": "list the files of a directory",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with contextlib.ExitStack() as stack:
        database = None
        if request.param == "postgresql":
            database = stack.enter_context(request.getfixturevalue("postgres_server").store())
        store = vecstore.open(tmp_path_factory.mktemp("store"), database=database)
        stack.enter_context(store)
        store.declare_space("pixels@1", dim=2, provenance="made up")
        yield store


@pytest.fixture
def store(opened: Any) -> Iterator[Any]:
    yield opened
    for info in opened.list_collections():
        opened.delete_collection(info.name)


@pytest.fixture
def docs(store: Any) -> Any:
    docs = store.create_collection("docs", encoder="hashing@1", fields={"image": "pixels@1"})
    docs.create_index("$text", "text")
    docs.upsert(
        [
            Record(
                id,
                text=text,
                payload={"n": n, "note": f"note{n}"},
                fields={"image": FieldValue(vector=pixels(docs, n, 1))},
            )
            for n, (id, text) in enumerate(TEXTS.items())
        ]
    )
    return docs


def pixels(docs: Any, *values: float) -> Vector:
    return Vector(docs.info().fields[1].space, np.array(values, np.float32))


def ids(hits: Any) -> list[str]:
    return [hit.id for hit in hits]


def test_every_source_is_fused_by_rank(docs: Any) -> None:
    image = pixels(docs, 4, 1)
    hits = docs.search_hybrid("directory tree", fields={"default": None, "image": image})
    answers = {
        "default": docs.search("directory tree"),
        "image": docs.search(image, field="image"),
        "full_text": docs.search_hybrid(text="directory tree", fields=()),
    }
    scores: dict[str, float] = {}
    for answer in answers.values():
        for rank, hit in enumerate(answer, 1):
            scores[hit.id] = scores.get(hit.id, 0) + 1 / (60 + rank)
    expected = sorted(scores, key=lambda id: (-scores[id], id))
    assert ids(hits) == expected
    for hit in hits:
        assert hit.score == pytest.approx(scores[hit.id])
        assert hit.sources == tuple(
            Source(name, ids(answer).index(hit.id) + 1, pytest.approx(found[hit.id]))
            for name, answer in answers.items()
            if hit.id
            in (
                found := {
                    one.id: one.sources[0].score if name == "full_text" else one.score
                    for one in answer
                }
            )
        )
        assert hit.text == TEXTS[hit.id]
        assert hit.payload["note"].startswith("note")
    assert set(hits.answers) == {"default", "image"}
    assert ids(hits.answers["image"]) == ids(answers["image"])
    assert hits.answers["image"].space == image.space


def test_scores_of_two_spaces_are_never_merged(docs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However one field's scores are scaled, the order stays: only its ranks are looked at."""
    from vecstore.fields import Field

    image = pixels(docs, 4, 1)
    query: dict[str, Any] = {"fields": {"default": "directory tree", "image": image}, "text": ""}
    before = docs.search_hybrid(**query)
    nearest = Field.nearest
    for factor in (1000.0, 0.001):

        def scaled(self: Field, *given: Any, factor: float = factor, **named: Any) -> Any:
            found, plan = nearest(self, *given, **named)
            if self.row.name == "image":
                found = [(factor * distance, *rest) for distance, *rest in found]
            return found, plan

        monkeypatch.setattr(Field, "nearest", scaled)
        after = docs.search_hybrid(**query)
        assert [(hit.id, hit.score) for hit in after] == [(hit.id, hit.score) for hit in before]
        assert after[0].sources[1].score != before[0].sources[1].score


def test_no_other_search_takes_two_fields(docs: Any) -> None:
    """One vector cannot question two spaces, and no field can be searched as if it were another."""
    with pytest.raises(SpaceMismatch, match=r"^field 'default': "):
        docs.search_hybrid(pixels(docs, 1, 1), fields=["default", "image"])
    with pytest.raises(InvalidArgument, match="no vector field"):
        docs.search("tree", field=["default", "image"])


def test_weights_move_the_order(docs: Any) -> None:
    image = pixels(docs, 0, 1)
    fields = {"default": "list the files", "image": image}
    mostly = docs.search_hybrid(fields=fields, weights={"image": 100})
    assert ids(mostly) == ids(docs.search(image, field="image"))
    alone = docs.search_hybrid(fields=fields, weights={"image": 0})
    assert ids(alone)[0] == "list"
    assert {source.name for hit in alone for source in hit.sources} == {"default"}
    assert set(alone.answers) == {"default"}


def test_what_full_text_is_asked(docs: Any) -> None:
    vector = docs.get(["sort"], include_vectors=True)[0].vector
    assert ids(docs.search_hybrid(text="leaves", fields=())) == ["tree"]
    by_both = docs.search_hybrid(vector, text="leaves", k=2)
    assert ids(by_both) == ["tree", "sort"] or ids(by_both) == ["sort", "tree"]
    for query in ({"query": "leaves", "text": ""}, {"query": vector}):
        hits = docs.search_hybrid(**query)
        assert {source.name for hit in hits for source in hit.sources} == {"default"}
    with pytest.raises(InvalidArgument, match="there is no word in '\\?!'"):
        docs.search_hybrid("leaves", text="?!")


def test_a_record_is_not_its_own_hit(docs: Any) -> None:
    hits = docs.search_hybrid(RecordReference("copy"), text="copy tree", k=10)
    assert "copy" not in ids(hits)
    assert ids(hits)[0] == "tree"


def test_filter_offset_and_what_comes_along(docs: Any) -> None:
    every = docs.search_hybrid("a directory tree")
    assert ids(docs.search_hybrid("a directory tree", k=2, offset=1)) == ids(every)[1:3]
    few = docs.search_hybrid("a directory tree", filter={"n": {"$gte": 3}})
    assert set(ids(few)) == {"sort", "list"}
    bare = docs.search_hybrid("a directory tree", include_payload=False, include_text=False)
    assert [(hit.id, hit.score) for hit in bare] == [(hit.id, hit.score) for hit in every]
    assert {(hit.text, len(hit.payload)) for hit in bare} == {(None, 0)}
    one = docs.search_hybrid("directory", candidates=1, k=10)
    assert all(source.rank == 1 for hit in one for source in hit.sources)


def test_full_text_follows_every_write(docs: Any) -> None:
    def found(words: str) -> list[str]:
        # Without payloads, for which the database would be asked whether a hit is still there.
        bare = {"include_payload": False, "include_text": False}
        return ids(docs.search_hybrid(text=words, fields=(), **bare))

    docs.create_index("note", "text")
    assert found("note2") == ["delete"]
    docs.upsert([Record("delete", text="remove a file", payload={"note": "changed"})])
    assert (found("delete"), found("remove"), found("note2")) == ([], ["delete"], [])
    docs.update_payload(["delete"], set={"note": "again"})
    assert (found("changed"), found("again"), found("remove")) == ([], ["delete"], ["delete"])
    docs.update_payload(filter={"n": 3}, set={"note": "filtered"})
    assert (found("filtered"), found("note3")) == (["sort"], [])
    docs.insert([Record("new", text="brand new")])
    docs.update([Record("new", text="brand changed")])
    assert (found("new"), found("brand changed")) == ([], ["new"])
    docs.delete(filter={"note": "filtered"})
    docs.delete(["new"])
    assert (found("sort"), found("brand"), found("filtered")) == ([], [], [])
    with pytest.raises(vecstore.VecstoreError):
        docs.insert([Record("fresh", text="never there"), Record("copy", text="never there")])
    assert found("never") == []
    docs.drop_index("note")
    assert (found("again"), found("remove")) == ([], ["delete"])


def test_a_neighbour_that_fails_takes_nothing_along(docs: Any, store: Any) -> None:
    """Writes that share one commit: what one rolls back is not found, what another wrote is."""
    gate = threading.Barrier(9)
    failures = []

    def write(number: int) -> None:
        gate.wait()
        try:
            id = "copy" if number % 2 else f"good{number}"
            docs.insert([Record(f"x{number}", text=f"word{number}"), Record(id, text="shared")])
        except vecstore.VecstoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 4
    for number in range(9):
        hits = docs.search_hybrid(text=f"word{number}", fields=())
        assert ids(hits) == ([] if number % 2 else [f"x{number}"])
    assert len(docs.search_hybrid(text="shared", fields=())) == 5


def test_what_is_deleted_between_is_dropped(docs: Any, store: Any) -> None:
    details = store.fused_reader.details

    def late(*given: Any) -> Any:
        store.fused_reader.details = details
        docs.delete(["copy"])
        return details(*given)

    store.fused_reader.details = late
    hits = docs.search_hybrid("a directory tree", k=2)
    assert len(hits) == 2
    assert "copy" not in ids(hits)


def test_what_is_deleted_time_and_again_is_dropped(docs: Any, store: Any) -> None:
    details = store.fused_reader.details
    everything = [hit.id for hit in docs.search_hybrid("a fox", 10)]
    deleted: list[str] = []

    def late(*given: Any) -> Any:
        if len(deleted) < 2:
            deleted.append(everything[len(deleted)])
            docs.delete([deleted[-1]])
        return details(*given)

    store.fused_reader.details = late
    first = docs.search_hybrid("a fox", 1)
    assert [hit.id for hit in first] == [everything[2]]
    assert len(deleted) == 2


def test_texts_of_the_fields_in_the_order_given(store: Any) -> None:
    docs = store.create_collection("two", encoder="hashing@1", fields={"title": "hashing@1"})
    docs.create_index("$text", "text")
    docs.upsert(
        [
            Record("both", text="body words", fields={"title": FieldValue(text="title words")}),
            Record("title", fields={"title": FieldValue(text="only a title")}),
        ]
    )
    first = docs.search_hybrid("words title", fields=["title", "default"])
    assert {hit.id: hit.text for hit in first} == {"both": "title words", "title": "only a title"}
    other = docs.search_hybrid("words title", fields=["default", "title"])
    assert {hit.id: hit.text for hit in other} == {"both": "body words", "title": "only a title"}
    words = docs.search_hybrid(text="body title", fields=())
    assert ids(words) == ["both", "title"]


def test_without_an_index_of_words(store: Any) -> None:
    docs = store.create_collection("bare", encoder="hashing@1", store_inputs=False)
    docs.upsert([Record("a", text="words", payload={"note": "a note"})])
    with pytest.raises(FailedPrecondition, match=r"vecstore collections index bare '\$text'"):
        docs.search_hybrid("words")
    assert ids(docs.search_hybrid("words", text="")) == ["a"]
    assert ids(docs.search_hybrid("words", weights={"full_text": 0})) == ["a"]
    with pytest.raises(FailedPrecondition, match="does not keep inputs"):
        docs.create_index("$text", "text")
    assert docs.info().indexes == ()
    docs.create_index("note", "text")
    assert ids(docs.search_hybrid(text="note", fields=())) == ["a"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fields": ()}, "there is nothing to search for"),
        ({"fields": ["default"]}, "the field 'default' has no query"),
        ({"query": "x", "fields": "default"}, "give a list of names"),
        ({"query": "x", "fields": ["nope"]}, "has no vector field 'nope'"),
        ({"query": "x", "weights": {"image": 1}}, "'image', which is not searched"),
        ({"query": "x", "weights": {"full_text": -1}}, "-1"),
        ({"query": "x", "text": 7}, "text is a int"),
        ({"query": "x", "candidates": 0}, "candidates is 0"),
        ({"query": "x", "k": 0}, "k is 0"),
        ({"query": "x", "offset": -1}, "offset is -1"),
    ],
)
def test_bad_requests(docs: Any, given: Any, told: str) -> None:
    with pytest.raises(InvalidArgument, match=told):
        docs.search_hybrid(**given)


def test_other_bad_requests(docs: Any, store: Any) -> None:
    with pytest.raises(InvalidFilter):
        docs.search_hybrid("x", filter={"$nope": 1})
    with pytest.raises(InvalidInput):
        docs.search_hybrid("")
    store.delete_collection("docs")
    with pytest.raises(vecstore.VecstoreError):
        docs.search_hybrid(text="tree", fields=())


def test_a_filter_that_the_index_knows_asks_no_database(
    docs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a text of its own, and yet with words: found by the other field's index alone.
    docs.create_index("note", "text")
    image = {"image": FieldValue(vector=pixels(docs, 9, 1))}
    docs.upsert([Record("bare", payload={"n": 1, "note": "tree"}, fields=image)])
    docs.upsert(
        [
            Record(f"tree{n}", text="tree" + " leaf" * (n % 7), payload={"n": n % 50})
            for n in range(400)
        ]
    )
    asked = [{"n": 1}, {"n": {"$lt": 25}}, {"n": {"$gte": 0}}, {"n": 77}]

    def answers() -> list[Any]:
        return [
            [(hit.id, hit.score) for hit in docs.search_hybrid(None, k, **given, filter=filter_)]
            for filter_ in asked
            for given in ({"fields": (), "text": words} for words in ("tree", "tree leaf", "file"))
            for k in (1, 12, 300)
        ]

    plain = answers()
    assert any("bare" in dict(one) for one in plain)
    docs.create_index("n", "integer")
    for name in ("default", "image"):
        assert docs._field(name).index.wait_until_declared(60)

    def asked_for(*_: object) -> None:
        raise AssertionError("the database was asked")

    reader = docs._store.full_text._reader
    monkeypatch.setattr(type(reader), "passing", asked_for)
    monkeypatch.setattr(type(reader), "matching", asked_for)
    assert answers() == plain
    docs.delete(["tree1"])
    docs.update_payload(["tree51"], set={"n": 2})
    left = docs.search_hybrid(fields=(), text="tree", k=50, filter={"n": 1})
    rest = {f"tree{n}" for n in range(101, 400, 50)}
    assert {hit.id for hit in left} == {"tree", "bare"} | rest


def test_a_record_that_is_asked_with_is_left_out_of_every_source(docs: Any) -> None:
    fields = {"default": RecordReference("tree"), "image": pixels(docs, 1, 1)}
    hits = docs.search_hybrid(fields=fields, text="tree")
    assert ids(hits).count("copy") == 1
    assert "tree" not in ids(hits)
    assert ids(hits.answers["image"])[0] != "tree"
    assert ids(docs.search(pixels(docs, 1, 1), field="image"))[0] == "tree"


def test_another_space_is_refused_whatever_it_weighs(docs: Any) -> None:
    for other in (pixels(docs, 1, 1), RecordReference("x", "others")):
        if isinstance(other, RecordReference):
            others = docs._store.create_collection("others", encoder="pixels@1")
            others.upsert([Record("x", vector=pixels(docs, 1, 1))])
        with pytest.raises(SpaceMismatch):
            docs.search_hybrid(fields={"default": other}, text="tree", weights={"default": 0})
