"""Ranges, pages, diversity, plans, vectors, groups and recommendations on the command line."""

import pytest


def ids(outcome):
    assert outcome.code == 0, outcome.err
    return [hit["id"] for hit in outcome.json["hits"]]


def test_pages(shelf):
    whole = ids(shelf("search", "shelf", "copy a path", "--json"))
    assert len(whole) == 3
    assert ids(shelf("search", "shelf", "copy a path", "--offset", 1, "-k", 1, "--json")) == [
        whole[1]
    ]


def test_a_range_of_scores(shelf):
    hits = shelf("search", "shelf", "copy a path", "--json").json["hits"]
    least, most = hits[1]["score"] - 1e-4, hits[1]["score"] + 1e-4
    found = shelf(
        "search", "shelf", "copy a path", "--min-score", least, "--max-score", most, "--json"
    )
    assert ids(found) == [hits[1]["id"]]
    nothing = shelf("search", "shelf", "copy a path", "--min-score", 2)
    assert (nothing.code, nothing.out.count("score")) == (0, 0)
    assert "no hits" in nothing.err


def test_diversity(shelf):
    whole = ids(shelf("search", "shelf", "copy a path", "--json"))
    diverse = ids(shelf("search", "shelf", "copy a path", "--diversity", 1, "--json"))
    assert diverse[0] == whole[0]
    assert set(diverse) == set(whole)


def test_how_it_was_answered(shelf):
    out = shelf("search", "shelf", "copy", "--explain").out
    assert "graph: " in out
    assert "3 records" in out
    plan = shelf("search", "shelf", "copy", "--explain", "--json").json["plan"]
    assert set(plan) == {
        *("strategy", "reason", "records", "matching", "indexes", "cached", "examined")
    }
    assert "plan" not in shelf("search", "shelf", "copy", "--json").json
    filtered = shelf(
        "search", "shelf", "copy", "--filter", '{"kind": "function"}', "--explain", "--json"
    ).json
    assert filtered["plan"]["records"] == 3


def test_vectors(shelf):
    found = shelf("search", "shelf", "copy", "-k", 1, "--include-vectors", "--json").json
    assert found["hits"][0]["vector"]["space"] == found["space"]
    assert len(found["hits"][0]["vector"]["values"]) == found["space"]["dim"]


def test_groups(shelf):
    outcome = shelf("search", "shelf", "copy a tree", "--group-by", "kind", "--json")
    groups = outcome.json["groups"]
    assert [(one["value"], [hit["id"] for hit in one["hits"]]) for one in groups] == [
        ("function", ["copy"]),
        ("class", ["Path"]),
    ]
    both = shelf(
        *("search", "shelf", "copy a tree", "--group-by", "kind"),
        *("--groups", 1, "--group-size", 5, "--json"),
    ).json["groups"]
    assert [hit["id"] for hit in both[0]["hits"]] == ["copy", "parse"]
    table = shelf("search", "shelf", "copy a tree", "--group-by", "year", "--explain")
    assert table.out.splitlines()[0].split() == ["year", "score", "id", "text", "payload"]
    assert "2014" in table.out
    assert "records" in table.out
    nothing = shelf("search", "shelf", "copy a tree", "--group-by", "nothing")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing" in nothing.err


def test_recommend(shelf):
    outcome = shelf("recommend", "shelf", "--like", "copy", "--unlike", "parse", "--json")
    assert ids(outcome) == ["Path"]
    assert "Path" in shelf("recommend", "shelf", "--like", "copy").out
    explained = shelf(
        "recommend", "shelf", "--like", "copy", "--explain", "-k", 1, "--include-vectors", "--json"
    )
    assert set(explained.json) > {"plan"}
    assert "vector" in explained.json["hits"][0]


@pytest.mark.parametrize(
    ("arguments", "reason", "named"),
    [
        (("search", "shelf", "x", "--offset", "-1"), "INVALID_ARGUMENT", "offset"),
        (("search", "shelf", "x", "--offset", "9999"), "INVALID_ARGUMENT", "9999"),
        (("search", "shelf", "x", "--min-score", "nan"), "INVALID_ARGUMENT", "nan"),
        (("search", "shelf", "x", "--min-score", "high"), "USAGE", "--min-score"),
        (("search", "shelf", "x", "--diversity", "2"), "INVALID_ARGUMENT", "2"),
        (("search", "shelf", "x", "--field", "other"), "INVALID_ARGUMENT", "other"),
        (("search", "shelf", "x", "--groups", "3"), "INVALID_ARGUMENT", "--group-by"),
        (("search", "shelf", "x", "--group-by", "a", "-k", "3"), "INVALID_ARGUMENT", "--groups"),
        (("search", "shelf", "x", "--group-by", "$a"), "INVALID_FILTER", "$a"),
        (("search", "shelf", "x", "--group-by", "a", "--groups", "0"), "INVALID_ARGUMENT", "0"),
        (("recommend", "shelf"), "INVALID_ARGUMENT", "positive"),
        (("recommend", "shelf", "--unlike", "copy"), "INVALID_ARGUMENT", "positive"),
        (("recommend", "shelf", "--like", "nobody"), "RECORD_NOT_FOUND", "nobody"),
        (("recommend", "nowhere", "--like", "copy"), "COLLECTION_NOT_FOUND", "nowhere"),
    ],
)
def test_bad_calls(shelf, arguments, reason, named):
    outcome = shelf(*arguments, "--json")
    assert outcome.code == 2
    assert outcome.error["reason"] == reason, outcome.err
    assert named in outcome.error["message"]
