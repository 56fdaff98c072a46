import json
import signal
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "vecstore.cli.main"]


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def many(count, start=0):
    return [{"id": f"r{n:05}", "text": f"text number {n}"} for n in range(start, start + count)]


@pytest.fixture
def empty(cli):
    """The command line over a store with an empty collection ``docs``."""
    assert cli("collections", "create", "docs", "-e", "hashing").code == 0
    return cli


def test_a_file_of_json_lines(empty, tmp_path):
    (tmp_path / "f.jsonl").write_bytes(jsonl(many(600)))
    outcome = empty("add", "docs", tmp_path / "f.jsonl", "--json")
    assert outcome.code == 0, outcome.err
    summary = outcome.json
    assert summary.pop("seconds") >= 0
    assert summary == {
        "collection": "docs",
        "file": str(tmp_path / "f.jsonl"),
        "stored": 600,
        "skipped": 0,
        "first_skipped": [],
        "unusable": [],
        "count": 600,
    }
    assert outcome.err == ""


def test_a_sentence_sums_up(empty):
    outcome = empty("add", "docs", "-", stdin=jsonl(many(3)))
    assert outcome.out.startswith("stored 3 records from - in docs, which holds 3 now")


def test_a_csv_file(empty, tmp_path):
    (tmp_path / "f.csv").write_text('key,body,n,tag\n1,"a, b",5,x\n2,c,6,y\n')
    chosen = ("--id-column", "key", "--text-column", "body", "--infer-types")
    assert empty("add", "docs", tmp_path / "f.csv", *chosen).code == 0
    lines = empty("get", "docs", "1", "2", "--json").lines
    assert [(line["id"], line["text"], line["payload"]) for line in lines] == [
        ("1", "a, b", {"n": 5, "tag": "x"}),
        ("2", "c", {"n": 6, "tag": "y"}),
    ]


def test_payload_columns(empty):
    rows = jsonl([{"id": "a", "text": "t", "n": 1, "m": 2}, {"id": "b", "text": "t", "m": 3}])
    outcome = empty("add", "docs", "-", "--payload-columns", "n,typo", stdin=rows)
    assert outcome.code == 0
    assert "'typo'" in outcome.err
    assert "'n'" not in outcome.err
    assert [line["payload"] for line in empty("get", "docs", "a", "b", "--json").lines] == [
        {"n": 1},
        {},
    ]


def test_derived_ids_are_idempotent(empty):
    rows = jsonl([{"text": "a"}, {"text": "b"}])
    for _ in range(2):
        assert empty("add", "docs", "-", "--derive-ids", stdin=rows).code == 0
    assert empty("count", "docs").out == "2\n"


def test_a_second_run_changes_nothing(empty):
    rows = jsonl(many(10))
    for _ in range(2):
        assert empty("add", "docs", "-", stdin=rows).code == 0
        assert empty("count", "docs").out == "10\n"


def test_an_empty_file(empty):
    assert empty("add", "docs", "-", "--json").json["stored"] == 0


def test_a_malformed_line_is_named_and_a_rerun_completes(empty, tmp_path):
    rows = jsonl(many(3000)) + b'{"id": "broken", "text": \n' + jsonl(many(5, start=3000))
    path = tmp_path / "f.jsonl"
    path.write_bytes(rows)
    command = ("add", "docs", path, "--json")
    outcome = empty(*command)
    assert outcome.code == 2
    assert outcome.error["reason"] == "INVALID_INPUT"
    assert f"line 3001 of {path} is not JSON" in outcome.error["message"]
    assert "3,000 records" in outcome.error["message"]
    assert outcome.error["details"]["line"] == "3001"
    assert outcome.error["details"]["stored"] == "3000"
    assert empty("count", "docs").out == "3000\n"
    path.write_bytes(rows.replace(b'"text": \n', b'"text": "mended"}\n'))
    again = empty(*command)
    assert (again.json["stored"], again.json["count"]) == (3006, 3006)


@pytest.mark.parametrize(
    ("bad", "reason", "named"),
    [
        ({"id": "bad", "text": ""}, "INVALID_INPUT", "text"),
        ({"id": "bad", "text": "x" * 10_000_000}, "INVALID_INPUT", "10000000"),
        ({"id": "bad", "text": "a\ud800b"}, "INVALID_INPUT", "surrogate"),
        ({"id": "", "text": "t"}, "INVALID_RECORD", "'id'"),
        ({"id": "i" * 600, "text": "t"}, "INVALID_RECORD", "512"),
        ({"id": "bad", "text": "t", "n": 2**70}, "INVALID_RECORD", "64"),
        ({"id": "bad", "text": "t", "n": "x" * 2_000_000}, "INVALID_RECORD", "bytes"),
        ({"id": "bad", "text": 5}, "INVALID_RECORD", "5"),
        ({"id": "bad", "body": "t"}, "INVALID_RECORD", "'body'"),
        ({"text": "t"}, "INVALID_RECORD", "--id-column"),
        ({"id": "bad", "vector": [1.0]}, "SPACE_REQUIRED", "--space"),
    ],
)
def test_a_bad_record_is_named_by_line(shelf, bad, reason, named, request):
    here = request.node.name.rpartition("-")[0]
    good = [{"id": f"{here} {n}", "text": f"text {n}"} for n in range(29)]
    rows = jsonl([*good[:19], bad, *good[19:]])
    outcome = shelf("add", "shelf", "-", "--batch-size", "8", "--json", stdin=rows)
    assert outcome.code == 2
    assert outcome.error["reason"] == reason
    assert outcome.error["message"].startswith("line 20 of standard input")
    assert named in outcome.error["message"]
    assert outcome.error["details"]["line"] == "20"
    assert outcome.error["details"]["stored"] == "19"
    assert shelf("get", "shelf", "--", *(row["id"] for row in good[:19])).code == 0
    if bad.get("id"):
        assert shelf("get", "shelf", bad["id"]).code == 2


def test_a_payload_nested_too_deep(empty):
    deep = '{"a":' * 100 + "1" + "}" * 100
    rows = jsonl(many(2)) + f'{{"id": "bad", "text": "t", "n": {deep}}}\n'.encode()
    outcome = empty("add", "docs", "-", "--json", stdin=rows)
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_RECORD")
    assert outcome.error["details"]["line"] == "3"
    assert empty("count", "docs").out == "2\n"


def test_vectors_made_elsewhere(empty):
    vectors = empty("encode", "hashing", "a tree", "a date", "--role", "document", "--json").lines
    rows = [{"id": str(n), "vector": vector} for n, vector in enumerate(vectors)]
    assert empty("add", "docs", "-", stdin=jsonl(rows)).code == 0
    found = empty("search", "docs", "a date", "--json").json["hits"]
    assert found[0]["id"] == "1"
    bare = [{"id": f"bare{n}", "v": vector["values"]} for n, vector in enumerate(vectors)]
    tagged = ("--vector-column", "v", "--space", "hashing@1")
    assert empty("add", "docs", "-", *tagged, stdin=jsonl(bare)).code == 0
    assert empty("count", "docs").out == "4\n"


@pytest.mark.parametrize(
    ("arguments", "reason", "named"),
    [
        (("docs", "/nowhere/f.jsonl"), "INVALID_ARGUMENT", "/nowhere/f.jsonl"),
        (("docs", "-", "--payload-from-folder", "kind"), "INVALID_ARGUMENT", "belongs to folders"),
        (("docs", ".", "--format", "csv"), "INVALID_ARGUMENT", "directory"),
        (("docs", "f.xlsx"), "INVALID_ARGUMENT", "f.xlsx"),
        (("nobody", "-"), "COLLECTION_NOT_FOUND", "nobody"),
        (("docs", "-", "--batch-size", "0"), "USAGE", "--batch-size"),
        (("docs", "-", "--text-column", "id"), "INVALID_ARGUMENT", "'id'"),
        (("docs", "-", "--space", "nobody@1"), "ENCODER_NOT_FOUND", "nobody@1"),
    ],
)
def test_bad_calls(empty, arguments, reason, named):
    outcome = empty("add", *arguments, "--json", stdin=jsonl(many(2)))
    assert outcome.code == 2
    assert outcome.error["reason"] == reason
    assert named in outcome.error["message"]
    assert empty("count", "docs").out == "0\n"


def test_progress_is_for_terminals(empty, monkeypatch):
    rows = jsonl(many(300))
    assert empty("add", "docs", "-", stdin=rows).err == ""
    monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "records" in empty("add", "docs", "-", stdin=rows).err


def test_ctrl_c_keeps_what_was_stored(server):
    assert server("collections", "create", "interrupted", "-e", "hashing").code == 0
    command = [*COMMAND, "add", "interrupted", "-", *server.where]
    # A suite that runs in the background hands an ignored SIGINT down to its children.
    process = subprocess.Popen(
        command,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - all it does
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(jsonl(many(600)))
    process.stdin.flush()  # and left open, so that the command waits for more
    while server("count", "interrupted").out == "0\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    said = process.stderr.read()
    assert said.startswith(b"Interrupted: ")
    assert b"the same command" in said
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    assert int(server("count", "interrupted").out) in {256, 512}
    again = server("add", "interrupted", "-", "--json", stdin=jsonl(many(600)))
    assert again.json["count"] == 600
