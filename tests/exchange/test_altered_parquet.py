"""Parquet files that say that an export wrote them, and cells that have no value in Python."""

from __future__ import annotations

import json

import pytest

import vecstore
from vecstore import Columns, Record, export_records, import_records
from vecstore.exchange.parquet_needs import EXPORT, FIELD, PART, SPACE

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def docs(local):
    return local.create_collection("docs", encoder="hashing@1")


@pytest.fixture
def exported(docs, tmp_path):
    """An export of one record, as a table."""
    docs.upsert([Record("a", text="hello", payload={"n": 1})])
    export_records(docs, tmp_path / "whole.parquet", include_vectors=True)
    docs.delete(["a"])
    return pq.read_table(tmp_path / "whole.parquet")


def changed(table, name, *, values=None, kind=None, **marks):
    """The table with other values or marks in one column."""
    place, column = table.schema.get_field_index(name), table.schema.field(name)
    about = {**(column.metadata or {}), **{mark.encode(): one for mark, one in marks.items()}}
    cells = table.column(name) if values is None else pa.array(values, kind or column.type)
    return table.set_column(place, pa.field(name, cells.type, metadata=about), cells)


def marked(name, mark, value):
    return lambda table: changed(table, name, **{mark.decode(): value})


ALTERED = {
    "no ids": (lambda table: table.drop_columns(["id"]), "'id'"),
    "no payload": (lambda table: table.drop_columns(["payload"]), "'payload'"),
    "ids of numbers": (lambda table: changed(table, "id", values=[3], kind=pa.int64()), "'id'"),
    "an unknown part": (marked("text", PART, b"foo"), "'foo'"),
    "no field": (marked("text", FIELD, b""), "'text'"),
    "a mark of no characters": (marked("text", PART, b"\xff"), "'text'"),
    "two of one part": (marked("text", PART, b"categories"), "'categories'"),
    "vectors that are texts": (
        lambda table: changed(table, "vector", values=["x"], kind=pa.string()),
        "'vector'",
    ),
    "two columns of one name": (
        lambda table: table.append_column(table.schema.field("text"), table.column("text")),
        "'text' twice",
    ),
    "a later format": (
        lambda table: table.replace_schema_metadata({EXPORT: b"99"}),
        "'99'",
    ),
}


@pytest.mark.parametrize("alter", ALTERED, ids=str)
def test_an_altered_export_is_refused_as_such(docs, exported, tmp_path, alter):
    change, said = ALTERED[alter]
    pq.write_table(change(exported), tmp_path / "file.parquet")
    with pytest.raises(vecstore.InvalidInput, match=said):
        import_records(docs, tmp_path / "file.parquet")
    assert docs.count() == 0


@pytest.mark.parametrize("payload", [None, "[1]", "{", '{"a":' * 50_000], ids=range(4))
def test_a_payload_that_is_none(docs, exported, tmp_path, payload):
    table = changed(exported, "payload", values=[payload])
    pq.write_table(table, tmp_path / "file.parquet")
    with pytest.raises(vecstore.InvalidRecord, match=r"row 1 of .*holds no JSON.*'payload'"):
        import_records(docs, tmp_path / "file.parquet")


@pytest.mark.parametrize("space", [b"\xff", b"[" * 50_000, b"{}"], ids=range(3))
def test_a_space_that_is_none(docs, exported, tmp_path, space):
    pq.write_table(marked("vector", SPACE, space)(exported), tmp_path / "file.parquet")
    with pytest.raises(vecstore.SpaceRequired, match=r"column 'vector' of .*nothing was written"):
        import_records(docs, tmp_path / "file.parquet")


def test_a_cell_without_a_value_is_one_rows_own(docs, tmp_path):
    table = pa.table(
        {
            "id": ["a", "b"],
            "text": ["one", "two"],
            "at": pa.array([0, 2**62], pa.timestamp("us")),
        }
    )
    pq.write_table(table, tmp_path / "file.parquet")
    with pytest.raises(vecstore.InvalidRecord, match=r"row 2 of .*'at'"):
        import_records(docs, tmp_path / "file.parquet")
    summary = import_records(docs, tmp_path / "file.parquet", on_error="skip")
    assert (summary.stored, summary.skipped) == (1, 1)
    assert docs.get(["a"])[0].payload == {"at": "1970-01-01T00:00:00"}


def test_ids_made_from_rows_with_vectors(docs, tmp_path):
    space = docs.info().space
    rows = [[0.5] * space.dim, [0.25] * space.dim, [0.5] * space.dim]
    pq.write_table(
        pa.table({"vector": pa.array(rows, pa.list_(pa.float32(), space.dim))}),
        tmp_path / "file.parquet",
    )
    columns = Columns(derive_ids=True, space=space)
    assert import_records(docs, tmp_path / "file.parquet", columns=columns).stored == 3
    lines = [json.dumps({"vector": row}) for row in rows]
    (tmp_path / "file.jsonl").write_text("\n".join(lines))
    import_records(docs, tmp_path / "file.jsonl", columns=columns)
    assert docs.count() == 2  # equal rows are one record, whatever the file
