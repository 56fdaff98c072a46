import pytest


def test_create_list_show_delete(cli):
    made = cli("collections", "create", "c", "-e", "hashing@1", "--metric", "l2", "--json")
    assert made.code == 0
    assert made.json["space"]["model"] == "hashing"
    calibration = made.json["calibration"]
    assert (calibration["basis"], calibration["points"]) == ("none", 0)
    assert calibration["note"] == "not calibrated: 0 records; at least 50 are needed"
    assert [field["name"] for field in made.json["fields"]] == ["default"]
    left_out = {"space": None, "indexed": None, "calibration": None, "fields": None}
    assert {**made.json, **left_out} == {
        "name": "c",
        "encoder": "hashing@1",
        "metric": "l2",
        "count": 0,
        "indexed": None,
        "index": "hnsw",
        "store_inputs": True,
        "fields": None,
        "indexes": [],
        "aliases": [],
        "space": None,
        "calibration": None,
        "encoder_evaluated": False,
    }
    listed = cli("collections", "list", "--json").json["collections"]
    assert [info["name"] for info in listed] == ["c"]
    assert cli("collections", "show", "c", "--json").json["metric"] == "l2"
    assert cli("collections", "delete", "c", "--yes", "--json").json == {
        "collection": "c",
        "deleted_records": 0,
    }
    assert cli("collections", "list", "--json").json == {"collections": []}


def test_tables(docs):
    assert "hashing@1" in docs("collections", "list").out
    shown = docs("collections", "show", "docs").out
    assert "cosine" in shown
    assert "3" in shown


def test_inputs_need_not_be_stored(cli):
    cli("collections", "create", "c", "-e", "hashing", "--no-store-inputs", "--index", "exact")
    info = cli("collections", "show", "c", "--json").json
    assert (info["store_inputs"], info["index"]) == (False, "exact")
    cli("add", "c", "-", stdin=b'{"id": "a", "text": "secret"}\n')
    got = cli("get", "c", "a", "--json").json
    assert got == {"id": "a", "payload": {}, "version": got["version"]}
    assert cli("search", "c", "secret", "--json").json["hits"][0]["text"] is None


@pytest.mark.parametrize(
    ("arguments", "reason", "named"),
    [
        (("create", "docs", "-e", "hashing"), "ALREADY_EXISTS", "docs"),
        (("create", "x", "-e", "nobody"), "ENCODER_NOT_FOUND", "nobody"),
        (("create", "x", "-e", "hashing@9"), "ENCODER_NOT_FOUND", "hashing@9"),
        (("create", "a b/c", "-e", "hashing"), "INVALID_ARGUMENT", "a b/c"),
        (("create", "x", "-e", "hashing", "--index", "none"), "INVALID_ARGUMENT", "none"),
        (("create", "x", "-e", "hashing", "--metric", "dot"), "USAGE", "dot"),
        (("show", "nobody"), "COLLECTION_NOT_FOUND", "nobody"),
        (("delete", "nobody", "--yes"), "COLLECTION_NOT_FOUND", "nobody"),
    ],
)
def test_bad_calls(docs, arguments, reason, named):
    outcome = docs("collections", *arguments, "--json")
    assert outcome.code == 2
    assert outcome.error["reason"] == reason
    assert named in outcome.error["message"]
    listed = docs("collections", "list", "--json").json["collections"]
    assert [(info["name"], info["count"]) for info in listed] == [("docs", 3)]


def test_deleting_needs_a_yes_where_nobody_can_be_asked(docs):
    outcome = docs("collections", "delete", "docs", "--json")
    assert outcome.code == 2
    assert "--yes" in outcome.error["message"]
    assert docs("count", "docs").out == "3\n"


def test_asking_before_deleting(docs, monkeypatch):
    monkeypatch.setattr("vecstore.cli.collections._on_a_terminal", lambda: True)
    refused = docs("collections", "delete", "docs", stdin=b"n\n")
    assert refused.code == 2
    assert "Delete collection docs and its 3 records?" in refused.err
    assert "nothing was changed" in refused.err
    assert docs("count", "docs").out == "3\n"
    assert docs("collections", "delete", "docs", stdin=b"y\n").code == 0
    assert docs("count", "docs").code == 2
