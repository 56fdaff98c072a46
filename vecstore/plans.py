"""How a search was answered, for those who ask: values of ``explain``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """Ways to answer a search.

    ``GRAPH`` asks the graph for the nearest. ``GRAPH_CHECKED`` asks it for more than are wanted,
    drops what the filter refuses, and asks for more still until enough are left. ``SCAN`` measures
    every record that satisfies the filter, which is exact. ``NOTHING`` is for a filter that no
    record satisfies.
    """

    GRAPH = "graph"
    GRAPH_CHECKED = "graph-checked"
    SCAN = "scan"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Plan:
    """How one search was answered, and why so.

    Args:
        strategy: the way that was taken.
        reason: why, in one sentence.
        records: vectors that the field holds.
        matching: how many of them satisfy the filter; None where there is none.
        indexes: keys whose declared indexes told so.
        cached: whether what satisfies the filter was known from an earlier search.
        examined: vectors that were measured, or that the graph was asked for.
    """

    strategy: Strategy
    reason: str
    records: int
    matching: int | None = None
    indexes: tuple[str, ...] = ()
    cached: bool = False
    examined: int | None = None
