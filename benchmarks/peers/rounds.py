"""Stores asked in turn, round by round; each as often as its speed allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.measure import quartiles
from benchmarks.peers.engines import Range
from benchmarks.peers.sides import Side
from benchmarks.peers.truth import Truth

TURN_SECONDS = 0.25
FEWEST, MOST = 2, 400
EFS = (16, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512, 768, 1024)
TUNED_ON = 300
# Where tuning takes longer than this, fewer queries do; and it ends where it took so long in all.
SLOW_SECONDS, TUNING_SECONDS = 2.5, 60.0

# (side, numbers of queries, number of the turn) -> its answer
Ask = Callable[[Side, list[int], int], dict[str, Any]]
Ranges = Callable[[list[int], int], list[Range]]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What came of one store.

    Args:
        name: of the engine.
        rates: queries a second, round by round.
        recall: recall@10 over all its answers; None where none was computed.
        ef: how many candidates it looked at; 0 where it was not told.
    """

    name: str
    rates: np.ndarray[Any, np.dtype[np.float64]]
    recall: float | None
    ef: int = 0

    @property
    def rate(self) -> float:
        """Queries a second, the median."""
        return float(np.median(self.rates))

    def over(self, other: Measured) -> tuple[float, float, float]:
        """How many times as quick as another, round by round: quartile, median, quartile."""
        return quartiles(self.rates / other.rates)


def in_turn(
    sides: Sequence[Side],
    ask: Ask,
    rounds: int,
    truth: Truth,
    ranges: Ranges | None = None,
    count: int | None = None,
) -> dict[str, Measured]:
    """Ask every store in turn, ``rounds`` times.

    Args:
        sides: the stores, ready.
        ask: puts questions to one.
        rounds: how often.
        truth: for recall.
        ranges: filters of the questions of one turn, where there are any.
        count: questions of one turn; as many as its speed allows where left out.
    """
    counts = {side.name: count or _count(side, ask, truth) for side in sides}
    rates: dict[str, list[float]] = {side.name: [] for side in sides}
    recalls: dict[str, list[tuple[float, int]]] = {side.name: [] for side in sides}
    for turn in range(rounds):
        for side in sides:
            numbers = _numbers(turn + 1, counts[side.name], len(truth.queries))
            answer = ask(side, numbers, turn + 1)
            rates[side.name].append(len(numbers) / answer["seconds"])
            seen = numbers[:TUNED_ON]
            within = None if ranges is None else ranges(numbers, turn + 1)[: len(seen)]
            recall = truth.recall(seen, answer["found"][: len(seen)], within)
            recalls[side.name].append((recall, len(seen)))
    return {
        side.name: Measured(
            side.name, np.array(rates[side.name]), _mean(recalls[side.name]), side.ef
        )
        for side in sides
    }


def tune(side: Side, truth: Truth, wanted: float, ranges: Ranges | None = None) -> None:
    """Set the smallest ef at which a store reaches a recall; the greatest, where none does.

    A store that has taken a minute for this keeps what it has.
    """
    numbers = list(range(min(TUNED_ON, len(truth.queries))))
    spent = 0.0
    for ef in EFS:
        side.ef = ef
        side.ask("tune", ef=ef)
        within = None if ranges is None else ranges(numbers, 0)
        answer = side.ask("search", numbers=numbers, ranges=within)
        if truth.recall(numbers, answer["found"], within) >= wanted:
            return
        spent += answer["seconds"]
        if spent > TUNING_SECONDS:
            return
        if answer["seconds"] > SLOW_SECONDS:
            numbers = numbers[: max(50, len(numbers) // 3)]


def _count(side: Side, ask: Ask, truth: Truth) -> int:
    """Questions of one turn."""
    count = FEWEST
    # What a store does once, at its first question, says nothing of those that follow.
    ask(side, _numbers(0, count, len(truth.queries)), 0)
    while True:
        seconds = ask(side, _numbers(0, count, len(truth.queries)), 0)["seconds"]
        if seconds > TURN_SECONDS / 2 or count >= MOST:
            return max(FEWEST, min(MOST, int(count * TURN_SECONDS / max(seconds, 1e-6))))
        count = min(MOST, 4 * count)


def _numbers(turn: int, count: int, queries: int) -> list[int]:
    """Others in every turn, until all have been asked."""
    return [(turn * count + place) % queries for place in range(count)]


def _mean(parts: list[tuple[float, int]]) -> float:
    return sum(value * count for value, count in parts) / max(1, sum(count for _, count in parts))
