"""``vecstore export`` and ``import``, over a folder and over a server."""

import json

import pytest


def test_out_and_in_again(docs, tmp_path):
    path = tmp_path / "out.jsonl"
    outcome = docs(
        "export", "docs", path, "--vectors", "--filter", '{"kind": "function"}', "--json"
    )
    assert outcome.code == 0, outcome.err
    assert (outcome.json["exported"], outcome.json["vectors"]) == (2, True)
    assert docs("collections", "create", "again", "-e", "hashing").code == 0
    summary = docs("import", "again", path, "--mode", "insert", "--json").json
    assert (summary["stored"], summary["count"]) == (2, 2)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    again = docs("get", "again", "copy", "parse", "--vectors", "--json").lines
    assert [line["vector"] for line in again] == [line["vector"] for line in lines]
    said = docs("import", "again", path, "--mode", "insert", "--on-error", "skip")
    assert said.code == 2
    assert "already in collection" in said.err


def test_vectors_are_left_out_where_that_is_asked(docs, tmp_path):
    path = tmp_path / "out.jsonl"
    space = {"model": "other", "version": "1", "dim": 2, "fingerprint": "f" * 64}
    row = {"id": "new", "text": "copy a tree", "vector": {"space": space, "values": [1.0, 0.0]}}
    path.write_text(json.dumps(row))
    refused = docs("import", "docs", path, "--json").error
    assert refused["reason"] == "SPACE_MISMATCH"
    assert "--ignore-vectors leaves them out" in refused["message"]
    assert docs("import", "docs", path, "--ignore-vectors", "--json").json["stored"] == 1


def test_a_sentence_sums_up(docs, tmp_path):
    outcome = docs("export", "docs", tmp_path / "out.csv")
    assert outcome.out.startswith(f"exported 3 records of docs to {tmp_path / 'out.csv'}")
    assert (tmp_path / "out.csv").read_text().startswith("id,text,kind,year\n")


def test_parquet_by_its_space(docs, tmp_path):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pyarrow.parquet

    path = tmp_path / "foreign.parquet"
    rows = pa.array([[1.0] * 384], pa.list_(pa.float32()))
    pyarrow.parquet.write_table(pa.table({"key": ["new"], "v": rows}), path)
    named = ("--id-column", "key", "--vector-column", "v", "--json")
    refused = docs("import", "docs", path, *named)
    assert refused.error["reason"] == "SPACE_REQUIRED"
    assert docs("import", "docs", path, *named, "--space", "hashing@1").json["stored"] == 1


@pytest.mark.parametrize(
    ("arguments", "reason", "named"),
    [
        (("import", "docs", "/nowhere/f.parquet"), "INVALID_ARGUMENT", "/nowhere/f.parquet"),
        (("import", "docs", "-", "--from", "xlsx"), "USAGE", "xlsx"),
        (
            ("import", "docs", ".", "--from", "images", "--id-column", "x"),
            "INVALID_ARGUMENT",
            "leave",
        ),
        (("export", "docs", "/nowhere/f.jsonl"), "INVALID_ARGUMENT", "/nowhere/f.jsonl"),
        (("export", "docs", "f.csv", "--vectors"), "INVALID_ARGUMENT", "vectors"),
        (("export", "nobody", "f.csv"), "COLLECTION_NOT_FOUND", "nobody"),
        (("export", "docs", "f.txt"), "INVALID_ARGUMENT", "f.txt"),
    ],
)
def test_bad_calls(docs, arguments, reason, named):
    outcome = docs(*arguments, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, reason)
    assert named in outcome.error["message"]
