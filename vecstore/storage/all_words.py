"""The words of a whole collection, read at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Characters of numbers that are parsed together.
_PIECE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class AllWords:
    """Every word, and the numbers of the texts that have it, ascending, in one array.

    Args:
        words: each once.
        ends: where the numbers of each end, shape (len(words),).
        numbers: of the texts.
        times: how often each has the word.
    """

    words: list[str]
    ends: NDArray[np.int64]
    numbers: NDArray[np.int64]
    times: NDArray[np.int64]


def gathered(rows: Iterable[tuple[str, str]], most: int) -> AllWords | None:
    """Words with their texts, these as often as they have it; None where the words are too many.

    Args:
        rows: each word once; numbers with commas between, in any order.
        most: words.
    """
    words: list[str] = []
    counts: list[int] = []
    numbers: list[NDArray[np.int64]] = []
    waiting: list[str] = []
    size = 0
    for word, found in rows:
        if len(words) == most:
            return None
        words.append(word)
        counts.append(found.count(",") + 1)
        waiting.append(found)
        size += len(found)
        if size > _PIECE:
            numbers.append(_parsed(waiting))
            waiting, size = [], 0
    numbers.append(_parsed(waiting))
    return _counted(words, np.array(counts, np.int64), np.concatenate(numbers))


def _parsed(numbers: list[str]) -> NDArray[np.int64]:
    return np.fromstring(",".join(numbers), np.int64, sep=",")


def _counted(words: list[str], counts: NDArray[np.int64], numbers: NDArray[np.int64]) -> AllWords:
    """What stands there several times in a row, once."""
    rows = np.repeat(np.arange(len(words), dtype=np.int32), counts)
    order = np.lexsort((numbers, rows))
    numbers = numbers[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (numbers[1:] != numbers[:-1])
    at = first.nonzero()[0]
    ends = rows[at].searchsorted(np.arange(len(words)), "right")
    return AllWords(words, ends, numbers[at], np.diff(at, append=len(rows)))
