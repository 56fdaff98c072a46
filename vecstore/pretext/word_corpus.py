"""Texts as word-context training reads them: sentences, a part held out, and the vocabulary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vecstore.errors import InvalidInput
from vecstore.pretext.words import words_of
from vecstore.tasks import TextData

Sentence = list[str]

LONGEST = 10_000
"""Words of a sentence that gensim reads; what is longer is divided."""

_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts in words.

    Args:
        sentences: to learn from; no empty one.
        held_out: to judge by; no empty one.
        counts: the words kept, with their number in ``sentences``; the most frequent first, equal
            ones in the order of their letters.
        notes: what a person should know about the division.
    """

    sentences: Sequence[Sentence]
    held_out: Sequence[Sentence]
    counts: dict[str, int]
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """All words to learn from, unknown ones included."""
        return sum(len(sentence) for sentence in self.sentences)

    def unknown(self) -> tuple[int, int]:
        """How many words of the part held out are unknown, and how many there are."""
        everything = [word for sentence in self.held_out for word in sentence]
        return sum(word not in self.counts for word in everything), len(everything)


def read_corpus(data: TextData, *, share: float, min_count: int, seed: int) -> Corpus:
    """Divide texts into words, hold a share out, and count.

    Args:
        data: the texts.
        share: of the documents to hold out; of the passages where there are too few documents.
        min_count: words that are rarer are not kept.
        seed: for what is held out.

    Raises:
        InvalidInput: no words, or too few that are frequent enough.
    """
    units, notes = _units(data, share)
    held = _chosen(len(units), share, seed)
    sentences = _sentences(unit for at, unit in enumerate(units) if at not in held)
    counts = Counter(word for sentence in sentences for word in sentence)
    if not counts:
        raise InvalidInput(
            f"there is not one word in the {len(data.documents):,} documents given; text with "
            "letters or digits is needed",
            field="data",
        )
    kept = {word: count for word, count in counts.items() if count >= min_count}
    if len(kept) < _FEWEST:
        raise InvalidInput(
            f"only {len(kept)} of the {len(counts):,} words occur {min_count} times or more, and "
            f"{_FEWEST} are needed at least; give more text, or set min_count=1",
            field="min_count",
        )
    return Corpus(
        sentences,
        _sentences(units[at] for at in sorted(held)),
        dict(sorted(kept.items(), key=lambda item: (-item[1], item[0]))),
        notes,
    )


def _units(data: TextData, share: float) -> tuple[Sequence[Sequence[str]], tuple[str, ...]]:
    """What is held out as a whole: documents, or passages where documents are too few."""
    if share == 0.0 or round(share * len(data.documents)) >= 1:
        return data.documents, ()
    passages = [(passage,) for passage in data.passages()]
    if round(share * len(passages)) >= 1:
        return passages, (
            f"{len(data.documents):,} documents are too few to hold {share:g} of them out: "
            "passages were held out instead, so the held-out figures flatter",
        )
    return passages, (f"{len(passages):,} passages are too few to hold {share:g} of them out",)


def _chosen(units: int, share: float, seed: int) -> set[int]:
    order = np.random.default_rng([seed, units]).permutation(units)
    return set(order[: round(share * units)].tolist())


def _sentences(units: Iterable[Sequence[str]]) -> list[Sentence]:
    found: list[Sentence] = []
    for unit in units:
        for passage in unit:
            words = [sys.intern(word) for word in words_of(passage)]
            found.extend(words[at : at + LONGEST] for at in range(0, len(words), LONGEST))
    return found
