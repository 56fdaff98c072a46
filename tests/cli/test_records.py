import json

import pytest

from vecstore.cli import records


def test_get(docs):
    lines = docs("get", "docs", "Path", "copy", "--json").lines
    assert lines[0].pop("version") > lines[1].pop("version") > 0
    assert lines == [
        {
            "id": "Path",
            "text": "a path of the file system",
            "payload": {"kind": "class", "year": 2014},
        },
        {
            "id": "copy",
            "text": "copy a directory tree",
            "payload": {"kind": "function", "year": 2001},
        },
    ]
    assert "a path of the file system" in docs("get", "docs", "Path").out


def test_what_get_prints_can_be_added(docs):
    docs("collections", "create", "other", "-e", "hashing")
    printed = docs("list", "docs", "--vectors", "--json").out
    assert docs("add", "other", "-", stdin=printed.encode()).code == 0
    again = docs("list", "other", "--vectors", "--json").lines
    before = [json.loads(line) for line in printed.splitlines()]
    versions = [{line.pop("version") for line in lines} for lines in (again, before)]
    assert min(versions[0]) > max(versions[1])
    assert again == before


def test_missing_records_are_named(docs):
    outcome = docs("get", "docs", "copy", "nobody", "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "RECORD_NOT_FOUND")
    assert "nobody" in outcome.error["message"]


def test_list_in_pages(docs, monkeypatch):
    monkeypatch.setattr(records, "PAGE", 2)
    listed = docs("list", "docs", "--json").lines
    assert sorted(line["id"] for line in listed) == ["Path", "copy", "parse"]
    assert len(docs("list", "docs", "--limit", 1, "--json").lines) == 1
    filtered = docs("list", "docs", "--filter", '{"kind": "class"}', "--json").lines
    assert [line["id"] for line in filtered] == ["Path"]
    assert "copy a directory tree" in docs("list", "docs").out


def test_count(docs):
    assert docs("count", "docs").out == "3\n"
    outcome = docs("count", "docs", "--filter", '{"kind": "function"}', "--json")
    assert outcome.json == {"collection": "docs", "count": 2}


def test_delete(docs):
    outcome = docs("delete", "docs", "copy", "nobody", "--json")
    assert outcome.json == {"collection": "docs", "deleted": 1}
    assert docs("delete", "docs", "copy").out == "deleted 0 of 1 from docs\n"
    assert docs("count", "docs").out == "2\n"


@pytest.mark.parametrize("command", ["get", "list", "count", "delete"])
def test_a_collection_that_is_not_there(cli, command):
    cli("collections", "create", "docs", "-e", "hashing")
    ids = ["x"] if command in {"get", "delete"} else []
    outcome = cli(command, "nobody", *ids, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "COLLECTION_NOT_FOUND")
    assert "nobody" in outcome.error["message"]


def test_odd_ids(docs):
    odd = ["a b", "é/ß", "-x", "'; DROP TABLE records; --", "日本", "🙂"]
    rows = "".join(json.dumps({"id": each, "text": "t"}) + "\n" for each in odd)
    assert docs("add", "docs", "-", stdin=rows.encode()).code == 0
    outcome = docs("get", "docs", "--json", "--", *odd)
    assert [line["id"] for line in outcome.lines] == odd
