"""Which way a filtered search takes, by what the ways cost.

The unit is one vector gathered from the graph's memory and measured: 0.15 to 0.25 µs at 384 dims,
nearly all of it waiting for memory; two thirds of that by native code. Measured against it, on the
same machine and vectors: a neighbour asked of the graph costs about 10 of these (links are
followed, and their vectors are gathered as well), a vector that stands in one piece of memory with
the others an eighth. A graph asked with a filter called back for each neighbour was slower than
either way at every share, since each call comes back to Python.

A graph that is to give the nearest ``k`` of those that satisfy the filter must reach about
``k * N / n`` deep where n of N do. How many it must be asked for, so that 99 of 100 of these are
found, was measured at 100,000 sentence vectors: 114 for 20 deep and 300 for 100 deep, which is
``ef`` and 2.5 for each.
"""

from __future__ import annotations

from typing import NamedTuple

from vecstore.plans import Plan, Strategy

_ASKED = 10.0
_TOGETHER = 0.125
_ROOM = 2.5
_WIDER = 4


class Course(NamedTuple):
    """What was decided.

    Args:
        strategy: the way to take.
        width: how many neighbours to ask the graph for, where it is asked.
        scan, graph: what the ways cost, in gathered vectors.
    """

    strategy: Strategy
    width: int
    scan: float
    graph: float


def course(
    records: int, matching: int, k: int, ef: int, *, askable: bool, together: bool
) -> Course:
    """Decide for the cheapest way.

    Args:
        records: vectors that the field holds.
        matching: how many of them satisfy the filter.
        k: hits wanted.
        ef: the least that a graph looks at.
        askable: whether there is a graph that may be asked this.
        together: whether the matching vectors stand in one piece of memory.
    """
    if not matching:
        return Course(Strategy.NOTHING, 0, 0.0, 0.0)
    width = ef + int(_ROOM * k * records / matching)
    scan = matching * (_TOGETHER if together else 1.0)
    graph = _ASKED * width
    asked = askable and graph < scan and matching > k
    return Course(Strategy.GRAPH_CHECKED if asked else Strategy.SCAN, width, scan, graph)


def wider(width: int, found: int, k: int, scan: float) -> int:
    """How many neighbours to ask for when so many have given too few; 0 where a scan is cheaper.

    Args:
        width: how many it were.
        found: how many of them satisfy the filter.
        k: hits wanted.
        scan: what a scan costs.
    """
    new = max(2 * width, int(_ROOM * width * k / found)) if found else _WIDER * width
    return new if _ASKED * new < scan else 0


def explained(
    chosen: Course,
    taken: Strategy,
    records: int,
    matching: int,
    examined: int,
    *,
    askable: bool,
    together: bool,
    cached: bool,
    keys: tuple[str, ...],
) -> Plan:
    """The plan of a filtered search, with its reason in words.

    Args:
        chosen: what was decided.
        taken: the way that it came to.
        records, matching, examined, cached, keys: see :class:`~vecstore.plans.Plan`.
        askable, together: as for :func:`course`.
    """
    if taken is Strategy.NOTHING:
        reason = "no record satisfies the filter"
    elif taken is Strategy.GRAPH_CHECKED:
        reason = (
            f"{matching} of {records} vectors satisfy the filter, so asking the graph for "
            f"{examined} neighbours and dropping the others is cheaper than measuring all of these"
        )
    elif chosen.strategy is Strategy.GRAPH_CHECKED:
        reason = (
            f"{matching} of {records} vectors satisfy the filter, but too few of those near the "
            "query, so all of these were measured"
        )
    elif not askable:
        reason = (
            f"{matching} of {records} vectors satisfy the filter, and there is no graph to ask, so "
            "all of these were measured"
        )
    else:
        kept = ", which an earlier search has gathered," if together else ""
        reason = (
            f"{matching} of {records} vectors satisfy the filter{kept}, and measuring all of these "
            f"is cheaper than asking the graph for {chosen.width} neighbours"
        )
    return Plan(taken, reason, records, matching, keys, cached, examined)


def unfiltered_plan(records: int) -> Plan:
    """The plan of a search without a filter."""
    return Plan(Strategy.GRAPH, "there is no filter, so the graph answers alone", records)
