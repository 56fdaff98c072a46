"""The figures side by side, and which of them is best beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vecstore.evaluations import Figure
from vecstore.judging.outcome import Judged

GROUPS = {
    "clustering": "Clustering: KMeans with as many clusters as classes",
    "probe": "Probes: accuracy after a few samples a class",
    "retrieval": "Retrieval",
    "pairs": "Pairs",
    "health": "Health: alarms, no scores",
}
NAMES = {
    "clustering.v_measure": "V-measure",
    "clustering.adjusted_rand": "adjusted Rand index",
    "clustering.silhouette": "silhouette",
    "probe.accuracy": "perceptron",
    "probe.linear": "linear",
    "probe.neighbour": "nearest neighbour",
    "retrieval.recall": "recall",
    "retrieval.mrr": "mean reciprocal rank",
    "retrieval.ndcg": "nDCG",
    "pairs.spearman": "Spearman",
    "health.effective_rank": "effective rank",
    "health.hubness": "hubness",
    "health.duplicates": "duplicates",
}
_NOT_RANKED = "health"


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure, as text.

    Args:
        value: the number; a dash where there is none.
        interval: "0.71 to 0.75"; empty where it has none.
        best: whether it is best beyond its interval and the others'.
    """

    value: str
    interval: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of all that were judged."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one kind."""

    title: str
    rows: tuple[Row, ...]


def figure_table(judged: Sequence[Judged]) -> tuple[Group, ...]:
    """All figures, kind by kind; the columns are those judged, in their order."""
    names = sorted({name for one in judged for name in one.figures}, key=_order)
    kinds = sorted({name.partition(".")[0] for name in names}, key=_place)
    return tuple(
        Group(
            GROUPS.get(kind, kind),
            tuple(_row(name, judged) for name in names if name.partition(".")[0] == kind),
        )
        for kind in kinds
    )


def best(figures: Sequence[Figure | None]) -> int | None:
    """The place of the figure that is higher than all others beyond both intervals.

    None where it is a matter of chance which is higher, where an interval is missing, or where
    there is nothing to compare with.
    """
    given = [(number, one) for number, one in enumerate(figures) if one is not None]
    if len(given) < 2:  # noqa: PLR2004 - best of two at least
        return None
    first, top = max(given, key=lambda one: one[1].value)
    for number, other in given:
        if number == first:
            continue
        if top.low is None or other.high is None or other.high >= top.low:
            return None
    return first


def _row(name: str, judged: Sequence[Judged]) -> Row:
    figures = [one.figures.get(name) for one in judged]
    ahead = None if name.startswith(_NOT_RANKED) else best(figures)
    return Row(
        figure_name(name),
        tuple(_cell(name, one, number == ahead) for number, one in enumerate(figures)),
    )


def figure_name(name: str) -> str:
    """``probe.accuracy@10`` as people say it."""
    known, at, count = name.partition("@")
    known = NAMES.get(known, known)
    return f"{known}, {count} a class" if at and "probe." in name else f"{known}{at}{count}"


def _cell(name: str, figure: Figure | None, ahead: bool) -> Cell:
    if figure is None:
        return Cell("–")
    digits = 1 if name == "health.effective_rank" else 3
    return Cell(f"{figure.value:.{digits}f}", figure.interval(digits), ahead)


def _order(name: str) -> tuple[int, str, int]:
    """Figures that are known come first, and few samples before many."""
    known, _, count = name.partition("@")
    places = list(NAMES)
    place = places.index(known) if known in places else len(places)
    return place, known, int(count) if count.isdecimal() else 0


def _place(kind: str) -> tuple[int, str]:
    known = list(GROUPS)
    return (known.index(kind) if kind in known else len(known), kind)
