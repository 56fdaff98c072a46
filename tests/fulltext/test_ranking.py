"""The best texts are those of looking at every text, to the last bit and in the same order."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from vecstore.fulltext import ranking
from vecstore.fulltext.corpus import Corpus
from vecstore.fulltext.postings import Postings
from vecstore.storage.text_reads import TextRows
from vecstore.storage.texts import Text, TextChange

# From words that most texts have to such as one in a hundred has.
WORDS = [f"w{n}" for n in range(24)]
SHARES = [0.7 * 0.82**n for n in range(24)]


def some_words(chance: random.Random) -> list[str]:
    found = [word for word, share in zip(WORDS, SHARES, strict=True) if chance.random() < share]
    return found + chance.choices(found, k=chance.randint(0, 3)) if found else ["w0"]


def corpus_of(texts: list[list[str]], chance: random.Random) -> Corpus:
    """Texts with the numbers 10, 13, 16, ..., of records in any order."""
    numbers = np.arange(10, 10 + 3 * len(texts), 3)
    records = [f"r{n}" for n in range(len(texts))]
    chance.shuffle(records)
    lengths = np.array([len(text) for text in texts], np.float32)
    corpus = Corpus(TextRows(numbers, records, lengths))
    for word in [*WORDS, "nowhere"]:
        times = np.array([text.count(word) for text in texts])
        corpus.take(word, (numbers[times > 0], times[times > 0]))
    return corpus


def asked(corpus: Corpus, words: list[str]) -> list[Postings]:
    corpus.settle()
    found = [corpus.words[word] for word in words]
    for postings in found:
        corpus.weigh(postings)
    return found


def plain(
    corpus: Corpus, words: list[Postings], k: int, among: set[str] | None
) -> list[tuple[str, float]]:
    """Every text, word by word from the rarest on."""
    scores: dict[str, float] = {}
    for postings in sorted((one for one in words if one.count), key=lambda one: one.count):
        given = zip(postings.places.tolist(), postings.impacts.tolist(), strict=True)
        for place, impact in given:
            record = corpus.records[place]
            if corpus.alive[place] and (among is None or record in among):
                scores[record] = scores.get(record, 0.0) + impact
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


def written(corpus: Corpus, texts: list[list[str]], chance: random.Random) -> TextChange:
    """Some records get other words, and some are deleted."""
    change = TextChange()
    for at in chance.sample(range(len(texts)), 30):
        record, number = corpus.records[at], 10 + 3 * at
        change.removed.append(Text(number, record, texts[at]))
        if at % 3:
            new = 10 + 3 * len(texts) + len(change.added)
            change.added.append(Text(new, record, some_words(chance)))
    return change


@pytest.mark.parametrize("ranked", [True, False])
@pytest.mark.parametrize("some", [None, 0, 5, 100])
def test_the_best_are_those_of_looking_at_every_text(
    monkeypatch: pytest.MonkeyPatch, some: int | None, ranked: bool
) -> None:
    """By native code, where there is any, and by NumPy."""
    if some is not None:
        monkeypatch.setattr(ranking, "_SOME", some)
        monkeypatch.setattr(ranking, "native", lambda: False)
    chance = random.Random(some or 0)
    texts = [some_words(chance) for _ in range(400)]
    texts[200:] = texts[:200]  # every score twice at least
    corpus = corpus_of(texts, chance)
    if ranked:
        corpus.ranks = corpus.ranked()
    for step in range(150):
        if step == 100:
            corpus.follow(written(corpus, texts, chance))
        words = asked(corpus, chance.sample([*WORDS, "nowhere"], chance.randint(1, 9)))
        k = chance.choice([1, 3, 30, 1000])
        among = set(chance.sample(corpus.records, 60)) if step % 3 == 0 else None
        allowed = None if among is None else ranking.Among(corpus, among)
        found = ranking.best(corpus, words, k, allowed)
        assert found == plain(corpus, words, k, among)
        assert not corpus.sums.any()


def test_what_fails_halfway_leaves_nothing_behind() -> None:
    chance = random.Random(1)
    corpus = corpus_of([some_words(chance) for _ in range(400)], chance)
    words = asked(corpus, WORDS[:4])
    asked_for: list[int] = []

    def failing(places: ranking.Places) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        asked_for.append(len(places))
        if len(asked_for) > 2:
            raise MemoryError
        return np.ones(len(places), bool)

    with pytest.raises(MemoryError):
        ranking.best(corpus, words, 1000, failing)
    assert ranking.best(corpus, words, 1000) == plain(corpus, words, 1000, None)


def test_impacts_are_those_of_the_texts_that_are_there() -> None:
    """A word's greatest impact, and what it gives to some k, count nothing that is gone."""
    corpus = corpus_of([["a"], ["w0"], *[["w0", "b", "c", "d", "e"]] * 9], random.Random(0))
    gone = TextChange(removed=[Text(13, corpus.records[1], ["w0"])])
    before = asked(corpus, ["w0"])[0]
    most, floor = before.most, before.floor(1)
    assert most == floor
    corpus.follow(gone)
    after = asked(corpus, ["w0"])[0]
    assert after.floor(1) == after.most
    assert after.impacts[0] == 0.0
    assert Counter(after.impacts.tolist())[after.most] == 9
