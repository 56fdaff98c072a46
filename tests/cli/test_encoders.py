import re

import pytest

import vecstore
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol


def names(outcome):
    assert outcome.code == 0, outcome.err
    return {info["name"]: info for info in outcome.json["encoders"]}


def test_without_a_store_those_that_plugins_bring(call, tmp_path):
    outcome = call("encoders", "list", "--data", tmp_path / "none", "--json")
    assert names(outcome)["hashing@1"] == {
        "name": "hashing@1",
        "loader": "hashing",
        "modalities": ["text"],
        "registered": False,
        "space": None,
        "accepted": None,
        "provenance": None,
        "parts": {},
        "runtime": {},
        "card": None,
    }
    assert not (tmp_path / "none").exists()


def test_list_and_show(docs):
    listed = names(docs("encoders", "list", "--json"))
    assert listed["hashing@1"]["registered"]
    shown = docs("encoders", "show", "hashing", "--json").json
    assert shown["name"] == "hashing@1"
    assert shown["space"]["dim"] == 384
    assert shown["parts"]["algorithm"] == "hashing"
    assert "on record" in docs("encoders", "list").out
    assert shown["space"]["fingerprint"] in docs("encoders", "show", "hashing").out


def test_show_says_what_it_was_made_for_and_measured_on(cli):
    assert cli("collections", "create", "docs", "-e", "hashing@1").code == 0
    before = cli("encoders", "show", "hashing", "--json").json
    assert before["card"]["trained_for"].startswith("nothing")
    assert before["evaluations"] == []
    assert before["never_measured"] == {"text": ["labels", "retrieval", "pairs"]}
    out = cli("encoders", "show", "hashing").out
    assert re.search(r"trained on +nothing *\n", out)
    assert "vecstore evaluate hashing@1" in out

    with vecstore.open(cli.data) as beside:
        kept = beside.evaluations.add(
            Evaluation(
                beside.space("hashing@1"),
                Protocol.RETRIEVAL,
                DataSummary("asked.jsonl", "d" * 64, {"queries": 30}),
                7,
                {"modalities": ["text"]},
                {"retrieval.recall@10": Figure(0.5, 0.25, 0.75)},
                {"TF-IDF": {"retrieval.recall@10": Figure(0.125)}},
            )
        )
    (shown,) = cli("encoders", "show", "hashing", "--json").json["evaluations"]
    assert (shown["id"], shown["seed"], shown["protocol"]) == (kept.id, 7, "retrieval")
    assert shown["data"] == {
        "name": "asked.jsonl",
        "digest": "d" * 64,
        "counts": {"queries": 30},
    }
    assert shown["figures"] == {"retrieval.recall@10": {"value": 0.5, "low": 0.25, "high": 0.75}}
    assert shown["baselines"]["TF-IDF"]["retrieval.recall@10"]["value"] == 0.125
    out = cli("encoders", "show", "hashing").out
    assert "asked.jsonl (30 queries, digest dddddddddddd): retrieval.recall@10 0.500" in out
    assert re.search(r"never measured +text by clustering and probe, pairs *\n", out)


def test_show_what_is_not_there(docs):
    outcome = docs("encoders", "show", "nobody@1", "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "ENCODER_NOT_FOUND")
    assert "hashing@1" in outcome.error["message"]


def test_verify(embedded):
    embedded("collections", "create", "docs", "-e", "hashing")
    assert "as it was registered" in embedded("encoders", "verify", "hashing").out
    outcome = embedded("encoders", "verify", "hashing", "--json").json
    assert (outcome["name"], outcome["ok"], outcome["warning"]) == ("hashing@1", True, None)


def register(line, *arguments):
    return line("encoders", "register", *arguments, "--json")


def test_register(embedded):
    arguments = ("small@1", "--loader", "hashing", "--source", "builtin", "--set", "dim=16")
    made = register(embedded, *arguments)
    assert made.code == 0, made.err
    assert made.json["space"]["dim"] == 16
    assert "small@1" in names(embedded("encoders", "list", "--json"))
    again = register(embedded, *arguments)
    assert (again.code, again.error["reason"]) == (2, "ALREADY_EXISTS")
    assert "small@2" in again.error["message"]


@pytest.mark.parametrize(
    ("arguments", "reason", "named"),
    [
        (("noversion", "--loader", "hashing", "--source", "builtin"), "INVALID_ARGUMENT", "@1"),
        (("x@1", "--loader", "nobody", "--source", "s"), "ENCODER_NOT_FOUND", "nobody"),
        (("x@1", "--loader", "hashing", "--source", "/dir"), "INVALID_ARGUMENT", "/dir"),
        (("x@1", "--loader", "hashing"), "USAGE", "--source"),
        (
            ("x@1", "--loader", "hashing", "--source", "builtin", "--set", "dim"),
            "INVALID_ARGUMENT",
            "OPTION=VALUE",
        ),
        (
            ("x@1", "--loader", "hashing", "--source", "builtin", "--set", "dim=x"),
            "INVALID_ARGUMENT",
            "'x'",
        ),
        (
            ("x@1", "--loader", "hashing", "--source", "builtin", "--set", "shape=1"),
            "INVALID_ARGUMENT",
            "shape",
        ),
        (
            ("x@1", "--loader", "hashing", "--source", "builtin", "--set", "a=1", "--set", "a=2"),
            "INVALID_ARGUMENT",
            "twice",
        ),
        (
            ("x@1", "--loader", "hashing", "--source", "builtin", "--revision", "abc"),
            "INVALID_ARGUMENT",
            "revision",
        ),
    ],
)
def test_bad_registrations(embedded, arguments, reason, named):
    embedded("collections", "create", "docs", "-e", "hashing")
    outcome = register(embedded, *arguments)
    assert (outcome.code, outcome.error["reason"]) == (2, reason)
    assert named in outcome.error["message"]
    assert "x@1" not in names(embedded("encoders", "list", "--json"))


def test_a_server_sees_what_is_registered_beside_it(server, call):
    at_the_store = ("--data", server.data, "--json")
    made = call(
        "encoders", "register", "beside@1", "--loader", "hashing", "--source", "builtin",
        "--set", "dim=32", *at_the_store,
    )  # fmt: skip
    assert made.code == 0, made.err
    assert "beside@1" in names(server("encoders", "list", "--json"))
    assert len(server("encode", "beside@1", "x", "--json").json["values"]) == 32


def test_declare(embedded):
    declared = embedded(
        "encoders", "declare", "theirs@3", "--dim", "2", "--provenance", "their API", "--json"
    )
    assert declared.code == 0, declared.err
    assert declared.json["provenance"] == "their API"
    assert embedded("collections", "create", "ext", "-e", "theirs@3").code == 0
    rows = b'{"id": "a", "v": [1, 0]}\n{"id": "b", "v": [0, 1]}\n'
    columns = ("--vector-column", "v", "--space", "theirs@3")
    assert embedded("add", "ext", "-", *columns, stdin=rows).code == 0
    assert embedded("count", "ext").out == "2\n"
    refused = embedded("search", "ext", "text", "--json")
    assert (refused.code, refused.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert "their API" in refused.error["message"]
    found = embedded("search", "ext", "--id", "a", "--json").json["hits"]
    assert [hit["id"] for hit in found] == ["b"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("declare", "x@1", "--dim", "0", "--provenance", "p"), "0"),
        (("declare", "x@1", "--dim", "3", "--provenance", " "), "provenance"),
        (("declare", "x", "--dim", "3", "--provenance", "p"), "x@1"),
        (("accept", "hashing@1", "--reason", "it is fine"), "complete"),
        (("accept", "hashing@1", "--reason", ""), "reason"),
    ],
)
def test_bad_declarations(embedded, arguments, named):
    embedded("collections", "create", "docs", "-e", "hashing")
    outcome = embedded("encoders", *arguments, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert named in outcome.error["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("register", "x@1", "--loader", "hashing", "--source", "builtin"),
        ("accept", "hashing@1", "--reason", "r"),
        ("declare", "x@1", "--dim", "3", "--provenance", "p"),
        ("verify", "hashing@1"),
    ],
)
def test_the_operators_commands_do_not_work_over_a_server(server, arguments):
    outcome = server("encoders", *arguments, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert "--data" in outcome.error["message"]


def test_a_model_that_changed_is_refused(embedded, monkeypatch):
    embedded("collections", "create", "docs", "-e", "hashing")
    rows = b'{"id": "a", "text": "copy a tree"}\n'
    assert embedded("add", "docs", "-", stdin=rows).code == 0
    monkeypatch.setattr("vecstore.encoders.hashing.REVISION", 2)
    for arguments in (
        ["encoders", "verify", "hashing"],
        ["search", "docs", "copy"],
        ["add", "docs", "-"],
    ):
        outcome = embedded(*arguments, "--json", stdin=rows.replace(b"copy", b"move"))
        assert (outcome.code, outcome.error["reason"]) == (2, "MODEL_DRIFT")
        assert "revision" in outcome.error["message"]
        assert "hashing@1" in outcome.error["message"]
    assert embedded("get", "docs", "a", "--json").json["text"] == "copy a tree"
