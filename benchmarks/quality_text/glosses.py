"""WordNet's definitions, and nouns' lexical files told by nearest neighbours."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.votes import Ints, told

FILE = Path("wordnet") / "glosses.tsv.gz"
NAME = "WordNet definitions"
TEST = 4_000
LABELLED = 10_000
SEED = 20

Correct = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Glosses:
    """Definitions, divided. The test texts are in none of the others.

    Args:
        texts: "words: definition" of every one.
        labels: the lexical file of every one, as a number; shape (n,).
        test: places of nouns to judge by.
        labelled: places of nouns whose labels are known, in random order.
        training: places of all but the test texts.
    """

    texts: list[str]
    labels: Ints
    test: Ints
    labelled: Ints
    training: Ints

    def of(self, places: Ints) -> list[str]:
        """The texts at these places."""
        return [self.texts[place] for place in places]

    @property
    def majority(self) -> float:
        """The share of the most frequent label among the test texts."""
        return float(np.bincount(self.labels[self.test]).max() / len(self.test))


@dataclass(frozen=True, slots=True)
class Task:
    """How many labels there are, and how many neighbours vote."""

    labels: int
    k: int

    def __str__(self) -> str:
        return f"{self.k}-NN, {self.labels:,} labels"


TASKS = (Task(10_000, 20), Task(500, 5), Task(1_000, 10))


def read(data: Path, *, test: int = TEST, labelled: int = LABELLED) -> Glosses:
    """Read and divide, always alike.

    Args:
        data: the folder that holds ``wordnet/glosses.tsv.gz``: lexical file, words, definition.
        test: how many nouns to judge by.
        labelled: how many nouns have labels.
    """
    with gzip.open(data / FILE, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    names = sorted({row[0] for row in rows})
    labels = np.array([names.index(row[0]) for row in rows])
    nouns = np.flatnonzero([row[0].startswith("noun.") for row in rows])
    shuffled = np.random.default_rng(SEED).permutation(nouns)
    tested = shuffled[:test]
    return Glosses(
        [f"{words}: {definition}" for _, words, definition in rows],
        labels,
        tested,
        shuffled[test : test + labelled],
        np.setdiff1d(np.arange(len(rows)), tested),
    )


def correct(glosses: Glosses, task: Task, labelled: Any, test: Any) -> Correct:
    """How often each test text is told right, over all disjoint draws of so many labels.

    Args:
        glosses: labels.
        task: how many labels, and the k of the vote (the nearest decides a tie).
        labelled, test: vectors of length 1 of the labelled and of the test texts, dense or sparse.

    Returns:
        Shape (test texts,), 0 to 1.
    """
    known = glosses.labels[glosses.labelled]
    draws = [
        told(labelled[part], known[part], test, task.k) == glosses.labels[glosses.test]
        for part in _parts(len(known), task.labels)
    ]
    share: Correct = np.mean(draws, axis=0)
    return share


def interval(found: Correct) -> str:
    """The 95 % interval of a share over the test texts."""
    half = 1.96 * float(found.std()) / len(found) ** 0.5
    return f"{found.mean() - half:.3f} to {found.mean() + half:.3f}"


def _parts(count: int, size: int) -> Iterator[slice]:
    size = min(size, count)
    for at in range(0, count - size + 1, size):
        yield slice(at, at + size)
