"""``vecstore transforms``, and --transform of other commands, over a folder and over a server."""

import json

import numpy as np
import pytest

TEXT = "copy a directory tree to another place"
SIXTEEN = [
    f"{verb} a {noun} {where}"
    for verb in ("copy", "move", "read", "sort")
    for noun in ("file", "list")
    for where in ("today", "somewhere else")
]


@pytest.fixture
def beside(cli):
    """The command line of the store's operator, who has its folder."""
    return type(cli)(["--data", str(cli.data)], cli.data)


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{line}\n" for line in SIXTEEN))
    return path


@pytest.fixture
def small(beside):
    """The name of an encoder of 16 dims."""
    name = "small@1"
    if beside("encoders", "show", name).code:
        beside("encoders", "register", name, "--loader", "hashing", "--source", "builtin",
               "--set", "dim=16")  # fmt: skip
    return name


def taken_names(cli):
    listed = cli("transforms", "list", "--json")
    return {one["name"] for one in listed.json["transforms"]} if listed.code == 0 else set()


@pytest.fixture
def name(cli):
    """A free one: a server keeps what tests before this one made."""
    return f"made-{len(taken_names(cli))}"


def test_fit_says_what_was_made(cli, beside, small, lines, name):
    made = beside("transforms", "fit", small, "--pca", "4", "--on", lines, "--name", name)
    assert made.code == 0, made.err
    shown = cli("transforms", "show", name, "--json").json
    for said in (
        name,
        "16 to 4",
        shown["to"]["transform"],
        "lines.txt (inputs 16)",
        shown["provenance"]["data"]["digest"],
        f"{shown['provenance']['explained_variance']:.1%}",
    ):
        assert said in made.out
    assert shown["to"]["transform"] == f"{name}:{shown['digest']}"
    assert shown["from"]["dim"] == 16
    assert shown["to"]["dim"] == 4
    assert "collections create COLLECTION --data " in made.err
    assert f" --encoder small@1 --transform {name}\n" in made.err
    assert cli("transforms", "show", name).out == made.out.partition("\n")[2]
    listed = cli("transforms", "list").out
    assert shown["digest"][:12] in listed
    assert "lines.txt" in listed


def test_a_collection_of_it(cli, beside, small, lines, name, tmp_path):
    made = beside("transforms", "fit", small, "--pca", 4, "--on", lines, "--name", name, "--json")
    assert made.code == 0, made.err
    created = cli("collections", "create", "cut", "-e", small, "--transform", name)
    shown = f"small@1+{name}:{made.json['digest'][:12]}"
    assert f"{shown} (4 dims" in created.out
    assert cli("collections", "create", "whole", "-e", small).code == 0
    info = cli("collections", "show", "cut", "--json").json
    assert info["space"] == made.json["to"]
    assert made.json["to"]["transform"] in cli("collections", "show", "cut").out
    assert shown in cli("collections", "list").out
    rows = "".join(json.dumps({"id": str(n), "text": one}) + "\n" for n, one in enumerate(SIXTEEN))
    assert cli("add", "cut", "-", stdin=rows.encode()).code == 0
    assert cli("search", "cut", SIXTEEN[3], "-k", 1, "--json").json["hits"][0]["id"] == "3"

    full, cut = tmp_path / "full.json", tmp_path / "cut.json"
    full.write_text(cli("encode", small, SIXTEEN[3], "--json").out)
    cut.write_text(cli("encode", small, SIXTEEN[3], "--transform", name, "--json").out)
    assert json.loads(cut.read_text())["space"] == made.json["to"]
    found = cli("search", "cut", "--vector", cut, "-k", 1, "--json")
    assert found.json["hits"][0]["id"] == "3"
    for arguments in (
        ("search", "cut", "--vector", full),
        ("search", "whole", "--vector", cut),
        ("compare", full, cut),
    ):
        refused = cli(*arguments, "--json")
        assert (refused.code, refused.error["reason"]) == (2, "SPACE_MISMATCH")


def test_truncation_needs_no_record(cli, small):
    before = taken_names(cli)
    vector = cli("encode", small, TEXT, "--transform", "truncate-8", "--json").json
    assert vector["space"]["transform"] == "truncate-8"
    whole = np.array(cli("encode", small, TEXT, "--json").json["values"][:8], np.float32)
    np.testing.assert_allclose(vector["values"], whole / np.linalg.norm(whole), rtol=1e-5)
    assert taken_names(cli) == before


def test_random_needs_no_data(beside, small, name):
    made = beside("transforms", "fit", small, "--random", 3, "--seed", 9, "--name", name)
    assert made.code == 0, made.err
    assert "random projection" in made.out
    assert "fitted on" not in made.out
    assert "explained" not in made.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--name", "x"), "one of --pca N"),
        (("--name", "x", "--pca", 4), "--on DATA"),
        (("--name", "x", "--pca", 4, "--random", 4), "both --pca and --random"),
        (("--name", "x", "--random", 4, "--on", "LINES"), "looks at no data"),
        (("--name", "x", "--random", 16), "1 to 15"),
        (("--name", "x", "--pca", 16, "--on", "LINES"), "1 to 15"),
        (("--name", "x", "--pca", 4, "--on", "LINES", "--limit", 15), "15 were given"),
        (("--name", "x", "--pca", 4, "--on", "nothing.txt"), "nothing.txt"),
        (("--name", "a+b", "--random", 4), "'a+b'"),
        (("--name", "truncate-4", "--random", 4), "choose another"),
    ],
)
def test_what_cannot_be_fitted(embedded, lines, arguments, said):
    embedded("encoders", "register", "small@1", "--loader", "hashing", "--source", "builtin",
             "--set", "dim=16")  # fmt: skip
    given = [lines if one == "LINES" else one for one in arguments]
    refused = embedded("transforms", "fit", "small@1", *given, "--json")
    assert (refused.code, refused.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert said in refused.error["message"]
    assert embedded("transforms", "list", "--json").json == {"transforms": []}


def test_inputs_passed_over_are_named(embedded, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"text": one}) + "\n" for one in [*SIXTEEN, ""]))
    embedded("encoders", "register", "small@1", "--loader", "hashing", "--source", "builtin",
             "--set", "dim=16")  # fmt: skip
    fit = ("transforms", "fit", "small@1", "--pca", 2, "--on", rows, "--name", "p")
    assert embedded(*fit).code == 2
    made = embedded(*fit, "--on-error", "skip")
    assert made.code == 0, made.err
    assert "passed over line 17" in made.err
    assert "skipped 1" in made.out


def test_a_name_is_taken_once(beside, small, name):
    fit = ("transforms", "fit", small, "--random", 4, "--name", name, "--json")
    assert beside(*fit).code == 0
    again = beside(*fit)
    assert (again.code, again.error["reason"]) == (2, "ALREADY_EXISTS")


def test_what_is_not_there(cli, small):
    for arguments in (
        ("transforms", "show", "nobody"),
        ("encode", small, TEXT, "--transform", "nobody"),
        ("collections", "create", "docs", "-e", small, "--transform", "nobody"),
    ):
        refused = cli(*arguments, "--json")
        assert (refused.code, refused.error["reason"]) == (2, "NOT_FOUND")


def test_a_server_makes_none(server):
    refused = server("transforms", "fit", "hashing@1", "--random", 4, "--name", "x", "--json")
    assert (refused.code, refused.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert "operator" in refused.error["message"]


def test_progress_on_a_terminal(embedded, lines, monkeypatch):
    embedded("encoders", "register", "small@1", "--loader", "hashing", "--source", "builtin",
             "--set", "dim=16")  # fmt: skip
    fit = ("transforms", "fit", "small@1", "--pca", 4, "--on", lines, "--name")
    assert "fitting" not in embedded(*fit, "quiet").err
    monkeypatch.setattr("vecstore.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    watched = embedded(*fit, "watched")
    assert watched.code == 0, watched.err
    assert "fitting" in watched.err
