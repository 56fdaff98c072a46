"""Marks of carried vectors stay with them: in files, in copies, and in what is made of them."""

import json

import numpy as np
import pytest

import vecstore
from vecstore import Columns, FieldValue, Record, Vector
from vecstore.cli import shapes
from vecstore.exchange.exporting import export_records
from vecstore.exchange.importing import import_records
from vecstore.files.rows import Row

FIELDS = {"title": "letters@1"}


@pytest.fixture(scope="module")
def sides(tmp_path_factory, registry, serving):
    """A store of this process and over gRPC, with a collection of which some vectors were carried:
    "a" in the default field, "b" in the other one, and none of "c"."""
    with vecstore.open(tmp_path_factory.mktemp("kept") / "data", registry=registry) as store:
        vector = Vector(store.space("letters@1"), np.linspace(0.1, 1, 26, dtype=np.float32))
        docs = store.create_collection("docs", encoder="letters@1", fields=FIELDS)
        title = {"title": FieldValue(vector=vector)}
        docs.upsert(
            [
                Record("a", text="cab", vector=vector, fields=title, carried=("default",)),
                Record("b", text="bad", vector=vector, fields=title, carried=("title",)),
                Record("c", text="a cab back", vector=vector, fields=title),
                # Nothing is mapped of what is encoded.
                Record("d", text="a cab back", carried=("default", "title", "other")),
            ]
        )
        with serving(store) as address, vecstore.connect(address) as remote:
            yield {"embedded": store, "gRPC": remote}


MARKS = {"a": ("default",), "b": ("title",), "c": (), "d": ()}


def marks(docs):
    return {one.id: one.carried for one in docs.list(include_vectors=True).records}


@pytest.fixture
def copy(sides, request):
    """An empty collection of the same spaces, which is deleted afterwards."""
    side = sides[request.param]
    yield side.create_collection("copy", encoder="letters@1", fields=FIELDS)
    side.delete_collection("copy")


both = pytest.mark.parametrize("copy", ["embedded", "gRPC"], indirect=True)


@both
def test_in_files(sides, copy, tmp_path):
    docs = sides["gRPC"].collection("docs")
    assert marks(docs) == MARKS
    vector = docs.get(["a"], include_vectors=True)[0].vector
    for name in ("all.jsonl", "all.parquet"):
        if name.endswith("parquet"):
            pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        assert export_records(docs, tmp_path / name, include_vectors=True) == 4
        import_records(copy, tmp_path / name)
        assert marks(copy) == MARKS
        assert copy.list(include_vectors=True) == docs.list(include_vectors=True)
        assert {hit.id for hit in copy.search("cab") if hit.carried} == {"a"}
        assert {hit.id for hit in copy.search("cab", field="title") if hit.carried} == {"b"}
        # Without vectors everything is encoded, and nothing is carried.
        copy.delete(filter={})
        import_records(copy, tmp_path / name, columns=Columns(ignore_vectors=True))
        assert set(marks(copy).values()) == {()}
        assert copy.get(["a"], include_vectors=True)[0].vector != vector
        copy.delete(filter={})


@both
def test_in_copies(sides, copy):
    """Also where the file is of what ``vecstore get --json`` prints, with columns chosen."""
    docs = sides["embedded"].collection("docs")
    given = docs.list(include_vectors=True).records
    copy.upsert(given)
    assert marks(copy) == MARKS
    assert copy.list(include_vectors=True).columns()["carried"] == list(MARKS.values())
    assert "carried" not in copy.list().columns()
    copy.upsert([Record("a", text="encoded now", carried=("default",))])
    assert marks(copy)["a"] == ()
    for columns in (Columns(), Columns(payload=("payload",)), Columns(payload=())):
        row = json.loads(json.dumps(shapes.record(given[0])))
        assert columns.record(Row(1, row, 1)).carried == ("default",)
    payload = Columns().record(Row(1, {"id": "x", "text": "t", "carried": ["default"]}, 1)).payload
    assert payload == {"carried": ["default"]}


@both
def test_what_is_no_mark_is_refused(copy):
    vector = Vector(copy.info().space, np.ones(26, np.float32))
    for wrong in ("default", 1, (1,), {"default": True}):
        with pytest.raises(vecstore.InvalidRecord, match=r"carried is .* give names"):
            copy.upsert([Record("a", vector=vector, carried=wrong)])
    assert copy.count() == 0


@both
def test_they_are_part_of_a_request(copy):
    vector = Vector(copy.info().space, np.ones(26, np.float32))
    marked = Record("a", vector=vector, carried=["default"])
    for _ in range(2):
        assert copy.insert([marked], idempotency_key="k") == 1
    with pytest.raises(vecstore.InvalidArgument, match="another request"):
        copy.insert([Record("a", vector=vector)], idempotency_key="k")


def test_what_is_computed_of_a_mapped_vector_is_mapped(sides, settled):
    store = sides["embedded"]
    docs = store.create_collection("cut", encoder="letters@1")
    given = sides["gRPC"].collection("docs").list(include_vectors=True).records
    docs.upsert(
        [Record(one.id, text=one.text, vector=one.vector, carried=one.carried) for one in given]
    )
    assert marks(docs) == {"a": ("default",), "b": (), "c": (), "d": ()}
    moving = docs.reembedding()
    moving.start("letters@1", transform="truncate-13", switch="auto")
    assert settled(moving).counts.carried == 1
    assert docs.space.dim == 13
    assert marks(docs) == {"a": ("default",), "b": (), "c": (), "d": ()}
    assert {hit.id for hit in docs.search("cab") if hit.carried} == {"a"}
