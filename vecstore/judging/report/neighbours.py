"""The nearest neighbours of some samples, encoder by encoder, and the first results of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vecstore.evaluation.maps import nearest
from vecstore.judging.outcome import Judged, Outcome
from vecstore.judging.report.shown import LABEL_LENGTH, shown, shown_input, thumbnail
from vecstore.records import Input

SAMPLES = 6
QUERIES = 8
NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Item:
    """An input on the page.

    Args:
        text: the text, or what it is.
        image: a ``data:`` URI, or empty.
        label: shortened.
        right: whether it is what it should be; None where that is not known.
    """

    text: str
    image: str = ""
    label: str = ""
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One sample or query, and what each that was judged finds.

    Args:
        item: what is asked for.
        found: (name, the first that it finds).
    """

    item: Item
    found: tuple[tuple[str, tuple[Item, ...]], ...]


def sample_neighbours(outcome: Outcome) -> tuple[Asked, ...]:
    """Some samples, drawn by the seed, of different classes as far as there are; who is nearest."""
    judged = [one for one in outcome.judged if one.vectors is not None]
    if not outcome.sample or not judged:
        return ()
    rows = _some(outcome.sample_labels, outcome.seed)
    found = [_nearest(one, rows) for one in judged]
    return tuple(
        Asked(
            _item(outcome, row),
            tuple(
                (one.name, tuple(_item(outcome, other, row) for other in places[number]))
                for one, places in zip(judged, found, strict=True)
            ),
        )
        for number, row in enumerate(rows)
    )


def first_results(outcome: Outcome) -> tuple[Asked, ...]:
    """Some queries, drawn by the seed, and what each that was judged finds first."""
    judged = [one for one in outcome.judged if one.rankings is not None]
    if not outcome.queries or not judged:
        return ()
    rng = np.random.default_rng(outcome.seed)
    count = min(QUERIES, len(outcome.queries))
    rows = sorted(rng.choice(len(outcome.queries), count, replace=False).tolist())
    return tuple(
        Asked(
            Item(shown(outcome.queries[row])),
            tuple((one.name, _results(outcome, one, row)) for one in judged),
        )
        for row in rows
    )


def as_item(given: Input, label: str = "", right: bool | None = None) -> Item:
    """An input as it is shown."""
    return Item(shown_input(given), thumbnail(given), shown(label, LABEL_LENGTH), right)


def _some(labels: Sequence[str], seed: int) -> list[int]:
    """Rows of different classes first, then of the same."""
    order = np.random.default_rng(seed).permutation(len(labels)).tolist()
    seen: dict[str, int] = {}
    rounds: list[tuple[int, int, int]] = []
    for row in order:
        rounds.append((seen.get(labels[row], 0), len(rounds), row))
        seen[labels[row]] = seen.get(labels[row], 0) + 1
    return [row for _, _, row in sorted(rounds)[:SAMPLES]]


def _nearest(one: Judged, rows: Sequence[int]) -> list[list[int]]:
    """Rows of the sample for each of the rows; nobody is near who is alone."""
    if one.vectors is None or len(one.vectors) == 1:
        return [[] for _ in rows]
    count = min(NEIGHBOURS, len(one.vectors) - 1)
    found: list[list[int]] = nearest(one.vectors, np.array(rows, np.int64), count).tolist()
    return found


def _item(outcome: Outcome, row: int, asked: int | None = None) -> Item:
    label = outcome.sample_labels[row]
    right = None if asked is None else label == outcome.sample_labels[asked]
    return as_item(outcome.sample[row], label, right)


def _results(outcome: Outcome, one: Judged, row: int) -> tuple[Item, ...]:
    if one.rankings is None:
        return ()
    relevant = outcome.relevant[row]
    return tuple(
        Item(shown(outcome.documents[place]), right=place in relevant)
        for place in one.rankings[row][:NEIGHBOURS].tolist()
    )
