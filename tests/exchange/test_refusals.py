"""Bad files: one sentence, the right error, nothing half-written."""

import errno
import json

import numpy as np
import pytest

import vecstore
from vecstore import Columns, Record, Vector, export_records, import_records
from vecstore.exchange import exporting
from vecstore.exchange.reading import form_of

DIM = 384
OTHER = vecstore.Space("other", "2", DIM, "f" * 64)


@pytest.fixture
def docs(local):
    return local.create_collection("docs", encoder="hashing@1")


@pytest.fixture
def elsewhere(local):
    """A collection of another space, with three records."""
    space = local.declare_space("other@1", dim=4, provenance="made by hand").space
    other = local.create_collection("elsewhere", encoder="other@1")
    rows = np.eye(4, dtype=np.float32)[:3]
    other.upsert([Record(f"r{n}", vector=Vector(space, row)) for n, row in enumerate(rows)])
    return other


@pytest.fixture
def arrow():
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pyarrow as pa
    import pyarrow.parquet

    return pa


@pytest.mark.parametrize("on_error", ["stop", "skip"])
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_vectors_of_another_space(docs, elsewhere, tmp_path, form, on_error):
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    path = tmp_path / f"f.{form}"
    export_records(elsewhere, path, include_vectors=True)
    with pytest.raises(vecstore.SpaceMismatch) as caught:
        import_records(docs, path, on_error=on_error)
    assert "other@1" in caught.value.message
    assert "hashing@1" in caught.value.message
    assert docs.count() == 0


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_nothing_is_left_without_the_vector(docs, elsewhere, tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    path = tmp_path / f"f.{form}"
    export_records(elsewhere, path, include_vectors=True)
    without = Columns(ignore_vectors=True)
    with pytest.raises(vecstore.InvalidRecord, match="vector"):
        import_records(docs, path, columns=without)
    assert docs.count() == 0


def test_a_mark_beside_a_bare_vector_of_others(docs, arrow, tmp_path):
    path = tmp_path / "f.parquet"
    vectors = arrow.array([[1.0] * DIM] * 2, arrow.list_(arrow.float32()))
    marks = arrow.array([["default", "x"], ["x"]], arrow.list_(arrow.string()))
    table = arrow.table({"id": ["a", "b"], "vector": vectors, "carried": marks})
    arrow.parquet.write_table(table, path)
    import_records(docs, path, columns=Columns(space=docs.space))
    found = {one.id: (one.carried, one.payload) for one in docs.list(include_vectors=True).records}
    assert found == {"a": (("default",), {}), "b": ((), {"carried": ["x"]})}


def test_the_first_vector_is_looked_for_before_anything_is_written(docs, elsewhere, tmp_path):
    path = tmp_path / "f.jsonl"
    export_records(elsewhere, path, include_vectors=True)
    path.write_text('{"id": "good", "text": "t"}\n' + path.read_text())
    with pytest.raises(vecstore.SpaceMismatch, match="line 2 of"):
        import_records(docs, path)
    assert docs.count() == 0


@pytest.mark.parametrize(
    ("columns", "form", "error", "said"),
    [
        (Columns(), "float32", vecstore.SpaceRequired, "nothing says which space"),
        (Columns(space=OTHER), "float32", vecstore.SpaceMismatch, "other@2"),
        (Columns(vector="words"), "float32", vecstore.SpaceRequired, "'words'"),
        (
            Columns(vector="words", space=OTHER),
            "float32",
            vecstore.InvalidVector,
            "lists of string",
        ),
    ],
)
def test_a_foreign_parquet_file(docs, tmp_path, arrow, columns, form, error, said):
    rows = [[float(n)] * DIM for n in range(1, 4)]
    table = arrow.table(
        {
            "id": ["a", "b", "c"],
            "vector": arrow.array(rows, arrow.list_(arrow.float32())),
            "words": [["x"], ["y"], []],
        }
    )
    arrow.parquet.write_table(table, tmp_path / "f.parquet")
    with pytest.raises(error, match=said):
        import_records(docs, tmp_path / "f.parquet", columns=columns)
    assert docs.count() == 0


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_a_foreign_parquet_file_with_its_space_named(local, docs, tmp_path, arrow, kind):
    rows = np.eye(DIM, dtype=kind)[:3]
    table = arrow.table(
        {
            "key": [1, 2, 3],
            "v": arrow.array(list(rows), arrow.list_(getattr(arrow, kind)())),
            "when": arrow.array([0, None, 86400], arrow.timestamp("s")),
        }
    )
    arrow.parquet.write_table(table, tmp_path / "f.parquet")
    columns = Columns(id="key", vector="v", space=local.space("hashing@1"))
    assert import_records(docs, tmp_path / "f.parquet", columns=columns).stored == 3
    first = docs.get(["1"], include_vectors=True)[0]
    assert first.vector.values.tobytes() == rows[0].astype(np.float32).tobytes()
    assert first.payload == {"when": "1970-01-01T00:00:00"}


def test_vectors_of_the_wrong_width(local, docs, tmp_path, arrow):
    """Said before the rows that are right are written."""
    rows = [[1.0] * DIM, [1.0] * 5]
    table = arrow.table({"id": ["a", "b"], "vector": arrow.array(rows)})
    arrow.parquet.write_table(table, tmp_path / "f.parquet")
    columns = Columns(space=local.space("hashing@1"))
    with pytest.raises(vecstore.InvalidVector, match=r"vectors of 5 numbers.*hashing@1"):
        import_records(docs, tmp_path / "f.parquet", columns=columns)
    assert docs.count() == 0


def test_an_altered_parquet_file(docs, local, tmp_path, arrow):
    docs.upsert([Record(f"r{n}", text=f"text {n}") for n in range(50)])
    path = tmp_path / "f.parquet"
    export_records(docs, path, include_vectors=True)
    whole = path.read_bytes()
    other = local.create_collection("other", encoder="hashing@1")
    for damaged in (whole[: len(whole) // 2], whole[:40] + b"\xff\xff" + whole[42:], b"", b"PAR1"):
        path.write_bytes(damaged)
        with pytest.raises(vecstore.InvalidInput, match="damaged"):
            import_records(other, path)
    assert other.count() == 0


def test_a_parquet_file_altered_anywhere_is_not_believed(local, tmp_path, arrow, everything):
    docs = local.create_collection("docs", encoder="hashing@1", index="exact")
    space = local.space("hashing@1")
    rows = np.random.default_rng(1).normal(size=(20, DIM)).astype(np.float32)
    docs.upsert([Record(f"r{n}", vector=Vector(space, row)) for n, row in enumerate(rows)])
    path = tmp_path / "f.parquet"
    export_records(docs, path, include_vectors=True)
    whole = path.read_bytes()
    for number in range(6):
        place = len(whole) // 4 + number * 997
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        other = local.create_collection(f"other{number}", encoder="hashing@1", index="exact")
        with pytest.raises(vecstore.InvalidInput, match="damaged"):
            import_records(other, path)


def test_a_truncated_file_of_lines(docs, tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"id": "a", "text": "t"}\n{"id": "b", "te')
    with pytest.raises(vecstore.InvalidInput, match=r"line 2 of .*1 records before it are stored"):
        import_records(docs, path)
    assert docs.count() == 1


@pytest.mark.parametrize("name", ["f.jsonl", "f.parquet", "f", "folder.xyz"])
def test_a_path_that_cannot_be_read(docs, tmp_path, name):
    with pytest.raises(vecstore.InvalidArgument, match=name):
        import_records(docs, tmp_path / name)


def test_bad_calls(docs, tmp_path):
    (tmp_path / "f.jsonl").write_text("")
    for given in ({"mode": "replace"}, {"on_error": "panic"}, {"format": "xlsx"}):
        with pytest.raises(vecstore.InvalidArgument, match=next(iter(given.values()))):
            import_records(docs, tmp_path / "f.jsonl", **given)
    with pytest.raises(vecstore.InvalidArgument, match="no synchronous collection"):
        import_records("docs", tmp_path / "f.jsonl")
    with pytest.raises(vecstore.InvalidArgument, match="xlsx"):
        export_records(docs, tmp_path / "f.xlsx")
    with pytest.raises(vecstore.InvalidArgument, match="does not carry vectors"):
        export_records(docs, tmp_path / "f.csv", include_vectors=True)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (Record("a", text="t", payload={"tags": ["x"]}), "'tags'"),
        (Record("a", text="t", payload={"text": "x"}), "'text'"),
        (Record("a", categories={"a": "b"}), "categories"),
    ],
)
def test_what_csv_cannot_carry(local, docs, tmp_path, record, said):
    vector = local.encode("hashing@1", ["a"])[0]
    given = Record("a", record.text, None, vector, record.payload, categories=record.categories)
    docs.upsert([given])
    path = tmp_path / "f.csv"
    path.write_text("the one before")
    with pytest.raises(vecstore.InvalidRecord, match=said):
        export_records(docs, path)
    assert path.read_text() == "the one before"
    assert [one.name for one in tmp_path.glob("f.*")] == ["f.csv"]


def test_a_vector_without_an_input_is_not_dropped(elsewhere, tmp_path):
    with pytest.raises(vecstore.InvalidRecord, match="--vectors"):
        export_records(elsewhere, tmp_path / "f.jsonl")


@pytest.mark.parametrize(
    ("code", "error"),
    [(errno.ENOSPC, vecstore.StorageError), (errno.EACCES, vecstore.InvalidArgument)],
)
def test_a_disk_that_refuses(docs, tmp_path, monkeypatch, code, error):
    def refuse(self, record):
        raise OSError(code, "the disk's own words")

    docs.upsert([Record("a", text="t")])
    monkeypatch.setattr(exporting.JsonlWriter, "write", refuse)
    with pytest.raises(error, match="the disk's own words"):
        export_records(docs, tmp_path / "f.jsonl")
    assert not list(tmp_path.glob("f.*"))


def test_bad_rows_can_be_passed_over(docs, tmp_path):
    rows = [
        {"id": "a", "text": "t"},
        {"id": "b", "text": ""},
        {"id": "c"},
        {"id": "d", "text": "t"},
    ]
    (tmp_path / "f.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = []
    summary = import_records(docs, tmp_path / "f.jsonl", on_error="skip", on_skipped=told.append)
    assert (summary.stored, summary.skipped) == (2, 2)
    assert {error.details["line"] for error in summary.first_skipped} == {"2", "3"}
    assert tuple(told) == summary.first_skipped


def test_without_pyarrow_the_extra_is_named(docs, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    for call in (export_records, import_records):
        with pytest.raises(vecstore.FailedPrecondition, match=r"vecstore-server\[parquet\]"):
            call(docs, tmp_path / "f.parquet")


@pytest.mark.parametrize(
    ("name", "chosen", "form"),
    [
        ("a.jsonl", None, "jsonl"),
        ("a.NDJSON", None, "jsonl"),
        ("a.csv", None, "csv"),
        ("a.tsv", None, "tsv"),
        ("a.Parquet", None, "parquet"),
        ("a.jsonl.gz", None, "jsonl"),
        ("a.CSV.GZ", None, "csv"),
        ("a.txt", "csv", "csv"),
        ("a.csv", "jsonl", "jsonl"),
        ("-", None, "jsonl"),
        ("-", "csv", "csv"),
    ],
)
def test_the_format(name, chosen, form):
    assert form_of(name, chosen) == form


def test_an_unknown_extension_asks_for_the_format(tmp_path):
    (tmp_path / "a.xlsx").touch()
    with pytest.raises(vecstore.InvalidArgument, match=r"a\.xlsx.*--format"):
        form_of(str(tmp_path / "a.xlsx"), None)


def test_a_folder_is_one_of_images(docs, tmp_path, image):
    (tmp_path / "red").mkdir()
    (tmp_path / "red" / "a.png").write_bytes(image(1))
    assert form_of(str(tmp_path), None) == "images"
    # The encoder reads texts only.
    with pytest.raises(vecstore.InvalidInput, match=r"a\.png"):
        import_records(docs, tmp_path / "red", folder_key="kind")
