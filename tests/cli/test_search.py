import json

import pytest


def ids(outcome):
    assert outcome.code == 0, outcome.err
    return [hit["id"] for hit in outcome.json["hits"]]


def test_by_text(shelf):
    outcome = shelf("search", "shelf", "copy a tree", "-k", 2, "--json")
    assert ids(outcome)[0] == "copy"
    assert len(outcome.json["hits"]) == 2
    assert outcome.json["space"]["model"] == "hashing"
    first = outcome.json["hits"][0]
    assert set(first) == {"id", "score", "distance", "text", "payload"}
    assert first["text"] == "copy a directory tree"
    assert first["payload"] == {"kind": "function", "year": 2001}
    assert first["score"] == pytest.approx(1 - first["distance"])


def test_a_table(shelf):
    out = shelf("search", "shelf", "copy a tree").out
    assert out.index("copy a directory tree") < out.index("parse a date")
    assert "score" in out


def test_brackets_in_texts_are_no_markup(docs):
    docs("add", "docs", "-", stdin=b'{"id": "[red]x", "text": "[bold]marked[/bold]"}\n')
    out = docs("search", "docs", "marked", "-k", 1).out
    assert "[red]x" in out
    assert "[bold]marked[/bold]" in out


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"kind": "class"}, {"Path"}),
        ({"year": {"$gte": 2003}}, {"Path", "parse"}),
        ({"kind": "module"}, set()),
    ],
)
def test_with_a_filter(shelf, where, found):
    outcome = shelf("search", "shelf", "copy", "--filter", json.dumps(where), "--json")
    assert set(ids(outcome)) == found


@pytest.mark.parametrize("command", [("search", "copy a tree"), ("recommend", "--like", "parse")])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_a_filtered_answer_says_of_the_query(shelf, command, form):
    name, *rest = command
    where = json.dumps({"year": {"$gte": 2000}})
    outcome = shelf(name, "shelf", *rest, "--filter", where, *form)
    assert outcome.code == 0, outcome.err
    said = outcome.json["unfamiliarity"]["basis"] if form else outcome.err + outcome.out
    assert "none" in said if form else "calibrated" in said


def test_nothing_found_is_said(shelf):
    outcome = shelf("search", "shelf", "copy", "--filter", '{"kind": "module"}')
    assert (outcome.code, outcome.out) == (0, "")
    assert "no hits" in outcome.err


def test_by_record(shelf):
    assert set(ids(shelf("search", "shelf", "--id", "copy", "--json"))) == {"parse", "Path"}


def test_by_record_of_another_collection(docs):
    docs("collections", "create", "other", "-e", "hashing")
    docs("add", "other", "-", stdin=b'{"id": "q", "text": "parse a date now"}\n')
    outcome = docs("search", "docs", "--id", "q", "--of", "other", "--json")
    assert ids(outcome)[0] == "parse"


def test_by_vector(shelf, tmp_path):
    encoded = shelf("encode", "hashing", "parse a date", "--json")
    assert encoded.code == 0
    (tmp_path / "v.json").write_text(encoded.out)
    by_file = shelf("search", "shelf", "--vector", tmp_path / "v.json", "--json")
    by_pipe = shelf("search", "shelf", "--vector", "-", "--json", stdin=encoded.out.encode())
    assert ids(by_file)[0] == ids(by_pipe)[0] == "parse"
    assert by_file.json["hits"][0]["score"] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "reason", "named"),
    [
        (("x", "-k", "0"), "INVALID_ARGUMENT", "0"),
        (("x", "-k", "-3"), "INVALID_ARGUMENT", "-3"),
        (("x", "-k", "10000000"), "INVALID_ARGUMENT", "10000000"),
        (("x", "-k", "1" * 30), "INVALID_ARGUMENT", "1" * 30),
        (("x", "-k", "many"), "USAGE", "integer"),
        (("",), "INVALID_INPUT", "''"),
        (("  ",), "INVALID_INPUT", "'  '"),
        ((), "INVALID_ARGUMENT", "QUERY"),
        (("x", "--id", "copy"), "INVALID_ARGUMENT", "--id"),
        (("x", "--of", "shelf"), "INVALID_ARGUMENT", "--of"),
        (("--id", "nobody"), "RECORD_NOT_FOUND", "nobody"),
        (("--id", "copy", "--of", "nobody"), "COLLECTION_NOT_FOUND", "nobody"),
        (("x", "--filter", "{'a': 1}"), "INVALID_FILTER", "{'a': 1}"),
        (("x", "--filter", "[1]"), "INVALID_FILTER", "[1]"),
        (("x", "--filter", "[" * 100_000), "INVALID_FILTER", "--filter"),
        (("x", "--filter", '{"year": {"$near": 3}}'), "INVALID_FILTER", "$near"),
        (("--vector", "/nowhere/v.json"), "INVALID_ARGUMENT", "/nowhere/v.json"),
        (("--vector", "-"), "INVALID_VECTOR", "standard input"),
    ],
)
def test_bad_calls(shelf, arguments, reason, named):
    outcome = shelf("search", "shelf", *arguments, "--json")
    assert outcome.code == 2
    assert outcome.error["reason"] == reason
    assert named in outcome.error["message"]


def test_a_collection_that_is_not_there(shelf):
    outcome = shelf("search", "nobody", "x", "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "COLLECTION_NOT_FOUND")


def test_a_huge_query(shelf):
    outcome = shelf("search", "shelf", "x" * 1_200_000, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_INPUT")
    assert "1200000" in outcome.error["message"]


class TestRefusal:
    """A vector of another model, as many dims: refused on every path of the command line."""

    @pytest.fixture
    def foreign(self, shelf):
        """A vector of another space with the same number of dims."""
        vector = shelf("encode", "hashing", "parse a date", "--json").json
        vector["space"] |= {"model": "other", "fingerprint": "0" * 64}
        return vector

    def test_search(self, shelf, foreign):
        outcome = shelf(
            "search", "shelf", "--vector", "-", "--json", stdin=json.dumps(foreign).encode()
        )
        assert outcome.code == 2
        assert outcome.error["reason"] == "SPACE_MISMATCH"
        assert outcome.error["details"]["given_model"] == "other"
        assert outcome.error["details"]["expected_model"] == "hashing"

    def test_plain_sentence(self, shelf, foreign):
        outcome = shelf("search", "shelf", "--vector", "-", stdin=json.dumps(foreign).encode())
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("Error: vectors of other@1")
        assert outcome.err.count("\n") == 1

    def test_compare(self, shelf, foreign, tmp_path):
        ours, theirs = tmp_path / "a.json", tmp_path / "b.json"
        ours.write_text(shelf("encode", "hashing", "parse a date", "--json").out)
        theirs.write_text(json.dumps(foreign))
        same = shelf("compare", ours, ours, "--json")
        assert same.json["score"] == pytest.approx(1)
        assert "score 1.0" in shelf("compare", ours, ours).out
        outcome = shelf("compare", ours, theirs, "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "SPACE_MISMATCH")

    def test_add(self, shelf, foreign):
        row = json.dumps({"id": "mine", "vector": foreign}).encode()
        outcome = shelf("add", "shelf", "-", "--json", stdin=row)
        assert (outcome.code, outcome.error["reason"]) == (2, "SPACE_MISMATCH")
        assert outcome.error["details"]["line"] == "1"
        assert shelf("count", "shelf").out == "3\n"

    def test_no_tag(self, shelf, foreign):
        outcome = shelf(
            "search",
            "shelf",
            "--vector",
            "-",
            "--json",
            stdin=json.dumps(foreign["values"]).encode(),
        )
        assert (outcome.code, outcome.error["reason"]) == (2, "SPACE_REQUIRED")


def test_encode_as_text(shelf):
    out = shelf("encode", "hashing", "a", "b").out.splitlines()
    assert len(out) == 2
    assert "hashing@1 (384 dims" in out[0]


def test_encode_in_both_roles(shelf):
    for role in ("query", "document"):
        lines = shelf("encode", "hashing", "a", "b", "--role", role, "--json").lines
        assert [len(line["values"]) for line in lines] == [384, 384]
