import json

from vecstore.cli import changing


def payloads(line):
    return {row["id"]: row["payload"] for row in line("list", "docs", "--json").lines}


def test_payloads_of_ids(docs):
    outcome = docs(
        *("update", "docs", "copy", "parse", "--set", "year=2020", "--set", 'tag="a=b"'),
        *("--set", 'deep={"x": [1, null]}', "--unset", "kind", "--json"),
    )
    assert outcome.json == {"collection": "docs", "updated": 2}
    new = {"year": 2020, "tag": "a=b", "deep": {"x": [1, None]}}
    assert payloads(docs)["copy"] == payloads(docs)["parse"] == new
    assert docs("update", "docs", "copy", "--unset", "deep.x").out == "updated 1 in docs\n"
    assert payloads(docs)["copy"]["deep"] == {}
    assert docs("get", "docs", "copy", "--json").lines[0]["text"] == "copy a directory tree"


def test_payloads_by_filter(docs):
    outcome = docs("update", "docs", "--filter", '{"kind": "function"}', "--set", "seen=true")
    assert (outcome.code, outcome.out) == (0, "updated 2 in docs\n")
    assert docs("count", "docs", "--filter", '{"seen": true}').out == "2\n"


SENSELESS = [
    (["copy"], "nothing to set or to unset"),
    (["--set", "a=1"], "neither ids nor a filter"),
    (["copy", "--filter", "{}", "--set", "a=1"], "both ids and a filter"),
    (["copy", "--set", "kind=function"], """--set 'kind="text"'"""),
    (["copy", "--set", "kind"], "has no KEY=JSON"),
    (["copy", "--set", "a=1", "--set", "a=2"], "given twice"),
    (["copy", "--set", "a=NaN"], "nan"),
    (["copy", "parse", "--set", "a=1", "--if-version", "1"], "goes with one ID"),
    (["copy", "nobody", "--set", "a=1"], "'nobody'"),
]


def test_updates_that_make_no_sense(docs):
    before = payloads(docs)
    for arguments, said in SENSELESS:
        outcome = docs("update", "docs", *arguments)
        assert outcome.code == 2
        assert said in outcome.err
    assert payloads(docs) == before


def test_on_condition_of_a_version(docs):
    version = docs("get", "docs", "copy", "--json").lines[0]["version"]
    once = ("update", "docs", "copy", "--set", "a=1", "--if-version", version, "--json")
    assert docs(*once).code == 0
    assert docs(*once).error["reason"] == "VERSION_CONFLICT"
    refused = docs("delete", "docs", "copy", "--if-version", version)
    assert (refused.code, refused.out) == (2, "")
    assert f"expects version {version}" in refused.err


def test_with_a_key_it_is_done_once(docs):
    once = ("update", "docs", "copy", "--set", "a=1", "--idempotency-key", "k")
    assert docs(*once).out == docs(*once).out == "updated 1 in docs\n"
    other = docs("delete", "docs", "copy", "--idempotency-key", "k")
    assert "used for another request" in other.err


def test_deleting_by_filter_needs_a_yes(docs, monkeypatch):
    where = ("delete", "docs", "--filter", '{"kind": "function"}')
    refused = docs(*where, "--json")
    assert refused.error["details"]["field"] == "yes"
    assert "2 records of docs that fit" in refused.error["message"]
    monkeypatch.setattr(changing, "_on_a_terminal", lambda: True)
    assert "Aborted" in docs(*where, stdin=b"n\n").err
    assert docs("count", "docs").out == "3\n"
    assert "deleted 2 from docs\n" in docs(*where, stdin=b"y\n").out


def test_deleting_by_filter_without_a_question(docs):
    outcome = docs("delete", "docs", "--filter", "{}", "--yes", "--json")
    assert outcome.json == {"collection": "docs", "deleted": 3}
    for arguments in ([], ["copy", "--filter", "{}"]):
        assert docs("delete", "docs", *arguments).code == 2


def test_a_version_is_shown_and_passed_over_where_it_is_added(docs):
    line = docs("get", "docs", "copy", "--json").lines[0]
    assert line["version"] > 0
    assert f"version  {line['version']}" in docs("get", "docs", "copy").out
    docs("add", "docs", "-", stdin=json.dumps(line).encode())
    again = docs("get", "docs", "copy", "--json").lines[0]
    assert again.pop("version") > line.pop("version")
    assert again == line
