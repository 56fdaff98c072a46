"""Full-text search finds what looking at every text would find, whatever is written meanwhile."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, update

from vecstore.errors import FailedPrecondition, InvalidArgument
from vecstore.filters import parse
from vecstore.fulltext import MAX_QUERY_WORDS, FullText, full_text, postings
from vecstore.fulltext import corpus as corpora
from vecstore.spaces import Metric, Space
from vecstore.storage import schema, tables, texts
from vecstore.storage.catalog import Catalog, CollectionRow, NewFieldRow
from vecstore.storage.words import words_of

FIELDS = [NewFieldRow("default", Space("toy", "1", 2, "f" * 64), "exact")]
# Some of them in most texts, some in few.
WORDS = ["the", "of", *(f"common{n}" for n in range(5)), *(f"rare{n}" for n in range(60))]


class Corpus:
    """A collection whose records are texts, and what a search of every text would find."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.row: CollectionRow = Catalog(engine).add_collection("d", Metric.COSINE, True, FIELDS)
        self.full_text = FullText(engine)
        self.texts: dict[str, str] = {}
        with engine.begin() as connection:
            declared = {"collection_id": self.row.id, "key": "text", "type": "text"}
            connection.execute(insert(tables.payload_indexes).values(declared))
            texts.begin_texts(connection, self.row)

    def put(self, given: dict[str, str | None]) -> None:
        keys = tables.records.c
        with self.engine.begin() as connection:
            for id, text in given.items():
                connection.execute(delete(tables.records).where(keys.id == id))
                self.texts.pop(id, None)
                if text is not None:
                    payload = json.dumps({"text": text, "n": len(text) % 7})
                    row = {"collection_id": self.row.id, "id": id, "payload": payload}
                    connection.execute(insert(tables.records).values(row))
                    self.texts[id] = text
            change = texts.follow_texts(connection, self.row, list(given))
        self.full_text.follow(self.row, change)

    def search(self, query: str, k: int, **filter_: Any) -> list[tuple[str, float]]:
        tree = parse(filter_) if filter_ else None
        return self.full_text.search(self.row, query, k, tree)

    def expected(
        self, query: str, k: int, keep: Callable[[str], bool] = lambda _: True
    ) -> list[tuple[str, float]]:
        """BM25 with k1 1.2 and b 0.75, word by word and text by text."""
        found = {id: words for id, text in self.texts.items() if (words := words_of(text))}
        average = sum(map(len, found.values())) / len(found)
        scores: dict[str, float] = {}
        for word in dict.fromkeys(words_of(query)):
            having = sum(word in words for words in found.values())
            weight = (
                max(math.log((len(found) - having + 0.5) / (having + 0.5)), 1e-6) if having else 0
            )
            for id, words in found.items():
                times = words.count(word)
                if times:
                    norm = 1.2 * (0.25 + 0.75 * len(words) / average)
                    scores[id] = scores.get(id, 0) + weight * times * 2.2 / (times + norm)
        kept = {id: score for id, score in scores.items() if keep(self.texts[id])}
        return sorted(kept.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


@pytest.fixture(params=["sqlite", "postgresql"])
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Corpus]:
    if request.param == "sqlite":
        url = schema.sqlite_url(tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
    engine = schema.connect(url)
    schema.prepare(engine, "")
    yield Corpus(schema.writing(engine))
    engine.dispose()


def some_text(chance: random.Random) -> str:
    frequent = chance.choices(WORDS[:7], k=chance.randint(0, 6))
    return " ".join([*frequent, *chance.choices(WORDS[7:], k=chance.randint(0, 4))])


def same(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert [score for _, score in found] == pytest.approx(
        [score for _, score in expected], rel=1e-5, abs=1e-6
    )
    # Equal scores may differ in their last bits, which puts ties in any order.
    clear = {round(score, 4) for _, score in expected}
    if len(clear) == len(expected):
        assert [id for id, _ in found] == [id for id, _ in expected]


@pytest.mark.parametrize("whole", [True, False])
def test_the_best_are_the_best_of_all_texts_through_every_write(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    if not whole:
        monkeypatch.setattr(corpora, "_AS_LONG", 0)
    chance = random.Random(5)
    corpus.put({f"r{n}": some_text(chance) for n in range(300)})
    for step in range(40):
        query = " ".join(chance.choices(WORDS, k=chance.randint(1, 6)))
        k = chance.choice([1, 5, 50, 1000])
        same(corpus.search(query, k), corpus.expected(query, k))
        rest = step % 7
        filtered = corpus.search(query, k, n=rest)
        same(filtered, corpus.expected(query, k, lambda text, rest=rest: len(text) % 7 == rest))  # type: ignore[misc]
        ids = chance.sample(range(320), 10)
        corpus.put({f"r{n}": some_text(chance) if n % 3 else None for n in ids})
    assert corpus.full_text._corpora[corpus.row.id].complete == whole
    again = FullText(corpus.engine)
    query = "the common1 rare1 rare2 rare3"
    assert again.search(corpus.row, query, 50) == corpus.search(query, 50)


def test_a_filter_that_few_satisfy(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_text, "_CHECKED", 4)
    monkeypatch.setattr(full_text, "_MOST_CHECKED", 20)
    corpus.put({f"r{n:03}": "same words" + " more" * (n % 50) for n in range(200)})
    expected = corpus.expected("same", 30, lambda text: len(text) % 7 == 3)
    assert len(expected) > 20
    same(corpus.search("same", 30, n=3), expected)


def test_ties_go_by_id(corpus: Corpus) -> None:
    corpus.put(dict.fromkeys(("c", "a", "d", "b"), "red fox") | {"e": "x", "f": "y", "g": "z"})
    assert [id for id, _ in corpus.search("fox", 3)] == ["a", "b", "c"]


def test_words_of_a_query_are_data(corpus: Corpus) -> None:
    corpus.put(
        {"a": "say hello and goodbye", "b": "near OR far", "c": "crème brûlée", "d": "1 2 3"}
    )
    for hostile in (
        '"hello',
        "hello*",
        "-hello",
        "hello)",
        "text:hello",
        "^hello",
        "NOT hello",
        "hello NEAR/2 (",
        "hello' OR '1'='1",
        "hello & ! | <-> :*",
        "hello\\",
        "hello\x00;DROP TABLE texts",
        "{hello} : [",
        "%hello_",
    ):
        assert "a" in [id for id, _ in corpus.search(hostile, 5)], hostile
    assert [id for id, _ in corpus.search("AND", 5)] == ["a"]
    assert [id for id, _ in corpus.search("or", 5)] == ["b"]
    assert [id for id, _ in corpus.search("CREME Brulee", 5)] == ["c"]


@pytest.mark.parametrize("nothing", ["", "   ", "?!*", '"', "--", "_"])
def test_no_word_at_all(corpus: Corpus, nothing: str) -> None:
    with pytest.raises(InvalidArgument, match="there is no word in"):
        corpus.search(nothing, 5)


def test_many_words_are_cut(corpus: Corpus) -> None:
    corpus.put({"a": "first", "b": "last"})
    query = " ".join(["first", *(f"w{n}" for n in range(MAX_QUERY_WORDS - 1)), "last"])
    assert [id for id, _ in corpus.search(query, 5)] == ["a"]


def test_nothing_is_declared(corpus: Corpus) -> None:
    with corpus.engine.begin() as connection:
        connection.execute(update(tables.payload_indexes).values(type="keyword"))
    with pytest.raises(FailedPrecondition, match="vecstore collections index d "):
        corpus.search("word", 5)


@pytest.mark.parametrize("reads", ["postings", "all_words"])
def test_what_is_written_while_a_word_is_read_is_not_missed(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, reads: str
) -> None:
    monkeypatch.setattr(corpora, "_AS_LONG", 0 if reads == "postings" else 1000)
    corpus.put({"a": "red", "b": "blue"})
    corpus.search("blue", 5)
    read = getattr(corpus.full_text._reader, reads)
    written: list[str] = []

    def late(*given: Any) -> Any:
        found = read(*given)
        if not written:
            written.append("c")
            corpus.put({"c": "red", "a": None})
        return found

    monkeypatch.setattr(corpus.full_text._reader, reads, late)
    assert [id for id, _ in corpus.search("red", 5)] == ["c"]
    assert [id for id, _ in corpus.search("red", 5)] == ["c"]
    assert written


def test_words_asked_for_one_by_one_are_soon_read_together(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.put({f"r{n}": f"all all word{n}" for n in range(9)})
    corpus.search("word1", 5)
    corpus.search("word2", 5)

    def asked(*given: Any) -> Any:
        raise AssertionError(given)

    for reads in ("postings", "all_words", "rows"):
        monkeypatch.setattr(corpus.full_text._reader, reads, asked)
    corpus.put({"r3": "all of word4", "r4": None, "new": "new word5 word5"})
    for query in ("word1", "all word3 word4", "new word5", "of", "nowhere", "nowhere word8 r3"):
        same(corpus.search(query, 20), corpus.expected(query, 20))


def test_a_word_that_was_dropped_is_read_anew_as_it_is_by_then(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.put({f"r{n}": f"all word{n}" for n in range(9)})
    corpus.search("all", 9)
    corpus.search("word1", 9)
    held = corpus.full_text._corpora[corpus.row.id]
    assert held.complete
    corpus.put({"new": "all word2"})
    monkeypatch.setattr(full_text, "MAX_POSTINGS", 1)
    corpus.search("word3", 9)
    assert not held.words
    assert len(corpus.search("all", 20)) == 10
    assert len(corpus.search("word2", 20)) == 2


def test_more_different_words_than_are_read_together(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_text, "MAX_WORDS", 5)
    corpus.put({f"r{n}": f"all word{n}" for n in range(5)})
    for n in range(5):
        same(corpus.search(f"all word{n}", 9), corpus.expected(f"all word{n}", 9))
    assert not corpus.full_text._corpora[corpus.row.id].complete
    monkeypatch.setattr(full_text, "MAX_WORDS", 6)
    corpus.search("nowhere", 5)
    assert corpus.full_text._corpora[corpus.row.id].complete


def test_longer_texts_than_are_read_together(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpora, "_MOST_WORDS", 9)
    corpus.put({f"r{n}": f"all word{n}" for n in range(5)})
    for n in range(5):
        same(corpus.search(f"all word{n}", 9), corpus.expected(f"all word{n}", 9))
    assert not corpus.full_text._corpora[corpus.row.id].complete


@pytest.mark.parametrize("whole", [True, False])
def test_memory_is_spared(corpus: Corpus, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    if not whole:
        monkeypatch.setattr(corpora, "_AS_LONG", 0)
    monkeypatch.setattr(full_text, "MAX_POSTINGS", 110)
    corpus.put({f"r{n}": f"all word{n}" for n in range(8)})
    for query in ("all", "all word1", "word2 word3 word4", "all word5", "nowhere", "never"):
        same(corpus.search(query, 8), corpus.expected(query, 8))
        held = corpus.full_text._corpora[corpus.row.id]
        assert held.held == sum(word.size for word in held.words.values()) <= 110
    corpus.put({"r1": "all word2", "new": "some new word3 words"})
    assert held.held == sum(word.size for word in held.words.values()) <= 110
    for query in ("all word1", "word2 word3 word4", "new"):
        same(corpus.search(query, 8), corpus.expected(query, 8))


def test_words_that_nobody_asks_for_again_take_no_memory_with_every_write(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "_FRESH", 3)
    monkeypatch.setattr(corpora, "_AS_LONG", 0)
    corpus.put({"a": "all of one"})
    for word in ("all", "of", "one"):
        corpus.search(word, 5)
    held = corpus.full_text._corpora[corpus.row.id]
    for n in range(40):
        corpus.put({f"r{n}": "all of"})
        assert held.held == sum(word.size for word in held.words.values())
    # As arrays, not as a list that grows with each write.
    assert all(len(word.fresh) <= 10 for word in held.words.values())
    assert len(held.words["all"].places) > 30
    same(corpus.search("all one", 50), corpus.expected("all one", 50))
    monkeypatch.setattr(full_text, "MAX_POSTINGS", 150)
    corpus.put({"b": "all of"})
    assert held.held <= 150
    same(corpus.search("all of one", 50), corpus.expected("all of one", 50))


def test_words_of_japanese_and_chinese() -> None:
    assert words_of("東京・大阪 ﾊﾞﾅﾅ") == ["東", "京", "大", "阪", "バ", "ナ", "ナ"]
    assert words_of("ラーメン、か゚") == ["ラ", "ー", "メ", "ン", "か"]
    assert words_of("・゠゛") == []


def test_more_than_is_worth_following_is_read_anew(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_FOLLOWED", 5)
    corpus.put({"a": "red"})
    assert len(corpus.search("red", 50)) == 1
    corpus.put({f"r{n}": "red" for n in range(9)})
    assert len(corpus.search("red", 50)) == 10
