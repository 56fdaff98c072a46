"""``facets``, ``sample``, ``collections index`` and ``unindex``."""

import json

import pytest


def test_facets(docs):
    outcome = docs("facets", "docs", "kind", "--json")
    assert outcome.json == {
        "collection": "docs",
        "key": "kind",
        "facets": [{"value": "function", "count": 2}, {"value": "class", "count": 1}],
    }
    few = docs("facets", "docs", "year", "--limit", 1, "--filter", '{"kind": "class"}', "--json")
    assert few.json["facets"] == [{"value": 2014, "count": 1}]
    assert [line.split() for line in docs("facets", "docs", "kind").out.splitlines()] == [
        ["value", "records"],
        ['"function"', "2"],
        ['"class"', "1"],
    ]


def test_sample(docs):
    drawn = docs("sample", "docs", "-n", 2, "--seed", 5, "--json").lines
    assert drawn == docs("sample", "docs", "-n", 2, "--seed", 5, "--json").lines
    assert len(drawn) == 2
    filtered = docs("sample", "docs", "--filter", '{"kind": "class"}', "--vectors", "--json").lines
    assert [line["id"] for line in filtered] == ["Path"]
    assert filtered[0]["vector"]["values"]
    assert "a path of the file system" in docs("sample", "docs").out


def test_indexes(docs):
    made = docs("collections", "index", "docs", "year", "--type", "integer")
    assert (made.code, made.out, made.err) == (
        0,
        "docs has an index on year of type integer\n",
        "",
    )
    outcome = docs("collections", "index", "docs", "kind", "-t", "keyword", "--json")
    assert outcome.json == {"collection": "docs", "index": {"key": "kind", "type": "keyword"}}
    assert "kind (keyword), year (integer)" in docs("collections", "show", "docs").out
    shown = docs("collections", "show", "docs", "--json").json
    assert shown["indexes"] == [
        {"key": "kind", "type": "keyword"},
        {"key": "year", "type": "integer"},
    ]
    assert len(docs("collections", "list", "--json").json["collections"][0]["indexes"]) == 2
    assert docs("collections", "list").out.splitlines()[1].split()[-2:] == ["3", "2"]
    assert docs("collections", "unindex", "docs", "year").out == "indexes of docs: kind (keyword)\n"
    left = docs("collections", "unindex", "docs", "kind", "--type", "keyword", "--json").json
    assert left == {"collection": "docs", "indexes": []}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["collections", "index", "docs", "a", "--type", "word"], "'word' is not one of"),
        (["collections", "index", "docs", "a..b", "--type", "keyword"], "empty key"),
        (["collections", "index", "docs", "$text", "--type", "float"], "is of type text"),
        (["collections", "unindex", "docs", "a"], "has no index on 'a'"),
        (["facets", "docs", "$a"], "begins with $"),
        (["facets", "docs", "a", "--limit", "0"], "limit is 0"),
        (["facets", "docs", "a", "--filter", '{"a": {"$exists": 1}}'], "true or false"),
        (["sample", "docs", "-n", "0"], "count is 0"),
        (["sample", "docs", "-n", "2000"], "count is 2000"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(docs, arguments, words):
    outcome = docs(*arguments, "--json")
    assert outcome.code == 2
    assert words in outcome.error["message"]


def test_filters_of_moments_and_prefixes(docs):
    rows = [{"id": "m", "text": "t", "payload": {"day": "2026-01-31T12:00:00Z"}}]
    docs("add", "docs", "-", stdin=json.dumps(rows[0]).encode())
    for condition in (
        {"day": {"$gte": {"$datetime": "2026-01-31"}, "$lt": {"$datetime": "2026-02-01"}}},
        {"day": {"$exists": True}},
        {"day": {"$prefix": "2026"}},
    ):
        outcome = docs("count", "docs", "--filter", json.dumps(condition))
        assert outcome.out == "1\n"
