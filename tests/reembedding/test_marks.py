"""What answers say of vectors that were carried over, and of records that were left out."""

import contextlib
import json

import numpy as np
import pytest
from sqlalchemy import event

import vecstore
from vecstore import Record, RecordReference, Vector
from vecstore.cli import shapes
from vecstore.cli.hits import print_answer, print_fused, print_groups
from vecstore.exchange.exporting import export_records
from vecstore.judging.stored import read_labelled
from vecstore.reembeddings import FieldState
from vecstore.storage import staging
from vecstore.storage.catalog import NewFieldRow
from vecstore.storage.writes import NewValue

TEXTS = {"a": "cab", "b": "bad cab", "c": "a cab back"}


class Moving:
    """The steps of a move, without anybody who works on it."""

    def __init__(self, store, name, target):
        self.store, self.name = store, name
        space = store.models.resolve(target).space
        new = NewFieldRow("default", space, "hnsw")
        self._write(lambda connection, row: staging.add_beside(connection, row, new)[0])

    @property
    def row(self):
        return self.store.row(self.name)

    def _write(self, change):
        self.store.write(lambda one: change(one, self.row), self.store.names.forget)

    def carry(self, ids):
        """Fill the other space with vectors of some records that are marked as mapped."""
        row = self.row
        live, other = row.fields[0], row.beside[0]
        labels = self.store.reader.entries(live, ids)
        vectors = {one: np.full(26, 0.1 + n, np.float32) for n, one in enumerate(ids)}
        values = {
            one: (labels[one].label, NewValue(b"", vectors[one], carried=True)) for one in ids
        }
        self.store.write(
            lambda one: staging.fill(one, row, live, other, values),
            lambda done: [self.store.owner.follow(row, change) for change in done.changes],
        )

    @contextlib.contextmanager
    def switched(self):
        """The other space is live meanwhile."""
        self._exchange(FieldState.RETIRED)
        yield
        self._exchange(FieldState.STAGED)

    def _exchange(self, left):
        self._write(lambda one, row: staging.exchange(one, row, "default", left))


@pytest.fixture(scope="module")
def world(tmp_path_factory, registry, serving):
    """A collection of which "a" was carried over, "b" was left out, and "c" was encoded."""
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("marks") / "data"
        store = stack.enter_context(vecstore.open(folder, registry=registry))
        docs = store.create_collection("docs", encoder="letters@1")
        docs.create_index("$text", "text")
        docs.create_index("n", "integer")
        for n, (one, text) in enumerate(TEXTS.items()):
            docs.upsert([Record(id=one, text=text, payload={"n": n})])
        moving = Moving(store, "docs", "letters@2")
        docs.upsert([Record(id="c", text=f"{TEXTS['c']} again", payload={"n": 2})])
        moving.carry(["a"])
        remote = stack.enter_context(vecstore.connect(stack.enter_context(serving(store))))
        yield store, remote, moving


def marks(hits):
    return {hit.id: hit.carried for hit in hits}


def found(docs, **space):
    """Marks by every kind of search that can look into a space."""
    vector = docs.search("cab", **space).space
    query = Vector(vector, np.linspace(0.1, 1, 26, dtype=np.float32))
    bare = {"include_payload": False, "include_text": False, **space}
    yield marks(docs.search("cab", **space))
    yield marks(docs.search(query, **bare))
    yield marks(docs.search(query, filter={"n": {"$gte": 0}}, **bare))
    yield marks(docs.search("cab", diversity=0.5, include_vectors=True, **space))
    for batch in ([query], [query] * 3, ["cab", query]):
        yield from map(marks, docs.search_batch(batch, **bare))
    groups = docs.search_groups("cab", "n", **space)
    yield {hit.id: hit.carried for one in groups for hit in one.hits}
    yield {**marks(docs.recommend(["c"], **space)), "c": False}


def test_carried_vectors_are_marked(world):
    """In the space that they were carried to, and nowhere else; after the switch in hybrid too."""
    store, remote, moving = world
    sides = [store.collection("docs"), remote.collection("docs")]
    for docs in sides:
        for one in found(docs, space="letters@2"):
            assert one == {"a": True, "c": False}
        for one in found(docs):
            assert one == dict.fromkeys(TEXTS, False)
        assert "carried" not in docs.search("cab").columns()
    query = Vector(store.row("docs").beside[0].space, [0.1] * 26)
    bare = {"include_payload": False, "include_text": False}
    with moving.switched():
        for docs in sides:
            # Often enough for a server that has learned how such requests look.
            for _ in range(30):
                assert marks(docs.search(query, **bare)) == {"a": True, "c": False}
            for one in found(docs):
                assert one == {"a": True, "c": False}
            fused = docs.search_hybrid("cab")
            assert marks(fused) == {"a": True, "b": False, "c": False}
            sources = {(hit.id, one.name): one.carried for hit in fused for one in hit.sources}
            assert sources.pop(("a", "default"))
            assert not any(sources.values())


def test_marks_are_shown(world, capsys):
    store, _, moving = world
    with moving.switched():
        docs = store.collection("docs")
        hits, fused = docs.search("cab"), docs.search_hybrid("cab")
        (carried,) = [hit for hit in hits if hit.carried]
        assert "carried=True" in repr(carried)
        assert "carried" not in repr([hit for hit in hits if not hit.carried])
        assert sorted(hits.columns()["carried"]) == [False, True]
        assert sorted(fused.columns()["carried"]) == [False, False, True]
        shown = {one["id"]: one.get("carried") for one in shapes.hits(hits)["hits"]}
        assert shown == {"a": True, "c": None}
        shown = {one["id"]: one["sources"] for one in shapes.fused_hits(fused)["hits"]}
        assert {one["name"]: one.get("carried") for one in shown["a"]}["default"] is True
        print_answer(hits, "docs", lambda: None)
        print_groups(docs.search_groups("cab", "n"), "docs", "n", lambda: None)
        print_fused(fused, "docs")
        out = capsys.readouterr().out
        assert out.count("a (carried)") == out.count("mapped from another space, not encoded") == 3


def test_they_are_known_after_a_restart(tmp_path, registry):
    with vecstore.open(tmp_path, registry=registry) as store:
        docs = store.create_collection("docs", encoder="letters@1", metric="l2")
        docs.upsert([Record(id=one, text=text) for one, text in TEXTS.items()])
        moving = Moving(store, "docs", "letters@2")
        moving.carry(["a", "b"])
    with vecstore.open(tmp_path, registry=registry) as store:
        docs = store.collection("docs")
        assert marks(docs.search("cab", space="letters@2")) == {"a": True, "b": True}
        docs.upsert([Record(id="a", text="cabs")])  # encoded from now on
        assert marks(docs.search("cab", space="letters@2")) == {"a": False, "b": True}


def test_what_was_left_out_is_found_by_its_words(world):
    """Also with a filter, which the indexes of vectors cannot answer for it."""
    store, remote, moving = world
    with moving.switched():
        for docs in (store.collection("docs"), remote.collection("docs")):
            for wanted in ({"n": 1}, {"n": {"$lt": 2}}, {"n": {"$in": [1, 7]}}):
                assert "b" in marks(docs.search_hybrid(fields=(), text="bad", filter=wanted))
            assert "b" in marks(docs.search_hybrid("bad cab", filter={"n": 1}))
            assert docs.count() == 3
            assert docs.get(["b"], include_vectors=True)[0].vector is None
            with pytest.raises(vecstore.RecordNotFound, match="in letters@2"):
                docs.search(RecordReference("b"))


def test_whether_some_were_left_out_is_asked_once_after_each_switch(world):
    store, _, moving = world
    docs = store.collection("docs")
    asked = []

    def see(_connection, _cursor, statement, *_):
        if "LEFT OUTER JOIN entries" in statement and "label IS NULL" in statement:
            asked.append(statement)

    event.listen(store.catalog.engine, "before_cursor_execute", see)
    for way in (moving.switched, contextlib.nullcontext):
        with way():
            for _ in range(3):
                hits = docs.search_hybrid(fields=(), text="bad", filter={"n": 1})
                assert marks(hits) == {"b": False}
                left_out = store.fused_reader.vectorless(store.row("docs"))
                assert left_out is (way == moving.switched)
    event.remove(store.catalog.engine, "before_cursor_execute", see)
    assert len(asked) == 2


def test_the_staged_space_is_searched_like_the_live_one(world):
    """Filters, declared keys, payloads and explanations are of that space's records."""
    store, remote, _ = world
    for docs in (store.collection("docs"), remote.collection("docs")):
        hits = docs.search("cab", space="letters@2", filter={"n": {"$lt": 2}}, explain=True)
        assert [(hit.id, hit.text, hit.payload) for hit in hits] == [("a", "cab", {"n": 0})]
        assert (hits.plan.matching, hits.plan.indexes) == (1, ("n",))
        (told,) = docs.info().fields
        assert (told.beside.space.name, told.beside.state) == ("letters@2", "staged")
        assert "; staged letters@2" in repr(docs.info())
        said = r"has no space 'letters@3'; it has: letters@1 \(live\), letters@2 \(staged\)"
        with pytest.raises(vecstore.InvalidArgument, match=said):
            docs.search("cab", space="letters@3")
        with pytest.raises(TypeError, match="space"):
            docs.search_hybrid("cab", space="letters@2")


def test_what_was_left_out_is_told_where_it_would_be_missed(world, tmp_path):
    """It is exported with its input alone; a judgement is of the others, and says so."""
    store, remote, moving = world
    with moving.switched():
        for docs in (store.collection("docs"), remote.collection("docs")):
            assert export_records(docs, tmp_path / "all.jsonl", include_vectors=True) == 3
            rows = [json.loads(one) for one in (tmp_path / "all.jsonl").read_text().splitlines()]
            assert [one.get("vector") is None for one in rows] == [False, True, False]
            assert rows[1]["text"] == docs.get(["b"])[0].text != ""
            others = {"n": {"$ne": 1}}
            file = tmp_path / "others.jsonl"
            assert export_records(docs, file, include_vectors=True, filter=others) == 2
            rows = [json.loads(one) for one in file.read_text().splitlines()]
            assert {one["vector"]["space"]["version"] for one in rows} == {"2"}
            records = docs.list(include_vectors=True).records
            assert {one.id: one.carried for one in records} == {"a": ("default",), "b": (), "c": ()}
            (mapped,) = docs.get(["a"], include_vectors=True)
            assert "carried=('default',)" in repr(mapped)
            assert shapes.record(mapped)["carried"] == ["default"]
            assert (docs.get(["a"])[0].carried, "carried" in repr(records[1])) == ((), False)
            # Changes of payloads and filters reach it all the same.
            assert docs.update_payload(filter={"n": 1}, set={"late": True}) == 1
            assert docs.update_payload(["b"], unset=["late"]) == 1
        labelled = read_labelled(store._parts(), moving.row, "n", 100, 0)
        assert labelled.notes[0] == "1 records without a vector there were left out"
        assert sorted(labelled.labels) == ["0", "2"]
