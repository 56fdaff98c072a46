"""Several vector fields, and searches of vectors and words, on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.fixture
def books(cli: Any) -> Any:
    made = cli(
        *("collections", "create", "books", "-e", "hashing@1", "--field", "title=hashing@1"),
        "--json",
    )
    assert made.code == 0, made.err
    assert [field["name"] for field in made.json["fields"]] == ["default", "title"]
    rows = [
        {
            "id": id,
            "text": text,
            "fields": {"title": {"text": title}},
            "payload": {"year": year},
        }
        for id, text, title, year in (
            ("moby", "a sailor hunts a white whale", "Moby Dick", 1851),
            ("waves", "six voices and the sea", "The Waves", 1931),
            ("sea", "an old man and a fish", "The Old Man and the Sea", 1952),
        )
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    added = cli("add", "books", "-", stdin=lines.encode())
    assert added.code == 0, added.err
    assert cli("collections", "index", "books", "$text", "--type", "text").code == 0
    return cli


def ids(outcome: Any) -> list[str]:
    assert outcome.code == 0, outcome.err
    return [hit["id"] for hit in outcome.json["hits"]]


def test_fields_are_shown_and_searched(books: Any) -> None:
    shown = books("collections", "show", "books").out
    assert "field title" in shown
    assert "hashing@1 (384 dims" in shown
    assert ids(books("search", "books", "The Waves", "--field", "title", "--json"))[0] == "waves"


def test_vectors_and_words_together(books: Any) -> None:
    both = books("search", "books", "the sea", "--hybrid", "--json")
    names = [source["name"] for source in both.json["hits"][0]["sources"]]
    assert names == ["default", "full_text"]
    assert set(both.json["answers"]) == {"default"}
    words = books("search", "books", "--hybrid", "--fields", "", "--text", "whale fish", "--json")
    assert sorted(ids(words)) == ["moby", "sea"]
    titles = books(
        *("search", "books", "Moby Dick", "--hybrid", "--fields", "title,default"),
        *("--text", "", "--weight", "title=5", "-k", "1", "--json"),
    )
    assert ids(titles) == ["moby"]
    late = books("search", "books", "sea", "--hybrid", "--filter", '{"year": 1952}', "--json")
    assert ids(late) == ["sea"]
    table = books("search", "books", "old fish", "--hybrid").out
    assert "full_text 1" in table
    assert "ranks" in table


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("x", "--text", "y"), "give --hybrid as well"),
        (("x", "--weight", "a=1"), "give --hybrid as well"),
        (("x", "--hybrid", "--weight", "full_text"), "'full_text' is not SOURCE=NUMBER"),
        (("x", "--hybrid", "--weight", "other=1"), "'other', which is not searched"),
        (("x", "--hybrid", "--fields", "nope"), "no vector field 'nope'"),
        (("x", "--hybrid", "--field", "title"), "--field does not go with --hybrid"),
        (("x", "--hybrid", "--group-by", "year"), "--group-by does not go with --hybrid"),
        (("--hybrid",), "0 queries were given"),
    ],
)
def test_what_is_refused(books: Any, arguments: Any, told: str) -> None:
    outcome = books("search", "books", *arguments, "--json")
    assert outcome.code != 0
    assert told in outcome.error["message"]


def test_without_an_index_of_words_the_command_is_named(books: Any) -> None:
    assert books("collections", "unindex", "books", "$text").code == 0
    outcome = books("search", "books", "sea", "--hybrid")
    assert outcome.code != 0
    told = " ".join(outcome.err.split())
    assert "vecstore collections index books '$text' " in told
    assert f" {books.where[0]} " in told
    assert " --type text" in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--field", "title"], "--field 'title' does not say"),
        (["--field", "a=hashing", "--field", "a=hashing"], "given twice"),
        (["--field", "full_text=hashing"], "stands for full text"),
        (["--field", "a=nothing"], "field 'a'"),
    ],
)
def test_fields_that_cannot_be(cli: Any, given: list[str], told: str) -> None:
    outcome = cli("collections", "create", "none", "-e", "hashing", *given, "--json")
    assert outcome.code != 0
    assert told in outcome.error["message"]
    assert "none" not in cli("collections", "list").out


def test_texts_of_fields_in_columns(cli: Any) -> None:
    cli("collections", "create", "plays", "-e", "hashing", "--field", "title=hashing")
    rows = b"id,text,name,year\na,two princes,Hamlet,1603\nb,three witches,Macbeth,1606\nc,lost,,\n"
    added = cli("add", "plays", "-", "--format", "csv", "--field-column", "title=name", stdin=rows)
    assert added.code == 0, added.err
    hits = cli("search", "plays", "Macbeth", "--field", "title", "--json").json["hits"]
    assert [(hit["id"], hit["text"], hit["payload"]) for hit in hits] == [
        ("b", "Macbeth", {"year": "1606"}),
        ("a", "Hamlet", {"year": "1603"}),
    ]
    twice = cli("add", "plays", "-", "--field-column", "title=text", "--json", stdin=b"{}\n")
    assert "--field-column both name the column 'text'" in twice.error["message"]
    nothing = cli("add", "plays", "-", "--field-column", "title", "--json", stdin=b"{}\n")
    assert "--field-column 'title' does not say" in nothing.error["message"]
    number = b'{"id": "d", "text": "x", "name": 7}\n'
    wrong = cli("add", "plays", "-", "--field-column", "title=name", "--json", stdin=number)
    assert "holds 7 in the column 'name'" in wrong.error["message"]
