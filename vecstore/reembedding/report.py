"""The report of a re-embedding as a page for people: one file of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vecstore.errors import InvalidArgument
from vecstore.evaluations import Figure
from vecstore.judging.report.neighbours import Asked, Item
from vecstore.judging.report.rendering import render
from vecstore.judging.report.shown import shown
from vecstore.judging.report.table import Cell, figure_name
from vecstore.judging.report.writing import today, write_file
from vecstore.reembeddings import ReembedReport, ReembedStatus, SideBySide
from vecstore.spaces import Space

_NAME, _SENTENCE = 60, 600
# Of which less is better, or which is an alarm alone.
_NOT_RANKED = "health."


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: in the live space, in the new one, and the difference."""

    name: str
    cells: tuple[Cell, Cell, Cell]


def write_reembed_page(path: Path, status: ReembedStatus) -> None:
    """Write one HTML page on how both spaces were judged; see
    :func:`vecstore.judging.report.write_report`.

    Args:
        path: of the page; a file that is there is replaced, as a whole or not at all.
        status: of a re-embedding that has been judged.

    Raises:
        InvalidArgument: it has not been judged, a library is missing, or the file cannot be
            written.
    """
    report = judged(status)
    text = render(
        "reembedding.html",
        title=f"{status.collection}/{status.field}: from {_short(status.source)} to "
        f"{_short(status.target)}",
        made=today(),
        facts=_facts(status, report),
        blocked=[shown(one, _SENTENCE) for one in status.blocked],
        notes=[shown(one, _SENTENCE) for one in report.notes],
        verdicts=[(gate, held, shown(seen, _SENTENCE)) for gate, held, seen in report.verdicts],
        names=(_short(status.source), _short(status.target)),
        lines=[_line(name, report) for name in report.figures],
        overlap=_overlap(report),
        examples=[_asked(one, status) for one in report.examples],
    )
    write_file(path, text)


def judged(status: ReembedStatus) -> ReembedReport:
    """What the judging of a re-embedding found.

    Raises:
        InvalidArgument: it has not been judged.
    """
    if status.report is None:
        raise InvalidArgument(
            f"the re-embedding of {status.collection}/{status.field} has not been judged, so there "
            f"is nothing to report; it is {status.state}, and judged when it is filled",
            state=status.state,
        )
    return status.report


def _facts(status: ReembedStatus, report: ReembedReport) -> tuple[tuple[str, str], ...]:
    counts = status.counts
    left = counts.total - counts.moved
    moved = f"{counts.moved:,} of {counts.total:,}" + (f", {left:,} are not" if left else "")
    return (
        ("From", str(status.source)),
        ("To", str(status.target)),
        ("State", str(status.state).replace("_", " ")),
        ("Records in both", moved),
        *((("Carried by a map", f"{counts.carried:,}"),) if counts.carried else ()),
        ("Judged at", report.created_at),
    )


def _line(name: str, report: ReembedReport) -> Line:
    live, new = report.figures[name]
    bounds = report.intervals.get(name, (None, None))
    found = report.differences.get(name)
    apart = None if found is None else Figure(*found)
    ahead = None
    if apart is not None and apart.low is not None and apart.high is not None:
        ahead = 1 if apart.low > 0 else 0 if apart.high < 0 else None
    cells = [
        _cell(None if value is None else Figure(value, *(ends or ())), number == ahead)
        for number, (value, ends) in enumerate(zip((live, new), bounds, strict=True))
    ]
    if name.startswith(_NOT_RANKED) or apart is None:
        return Line(figure_name(name), (cells[0], cells[1], Cell("–")))
    return Line(figure_name(name), (cells[0], cells[1], _cell(apart, False, "+.3f")))


def _cell(figure: Figure | None, ahead: bool, form: str = ".3f") -> Cell:
    if figure is None:
        return Cell("–")
    return Cell(format(figure.value, form), figure.interval(), ahead)


def _overlap(report: ReembedReport) -> str:
    if report.overlap is None:
        return ""
    return (
        f"Of the 10 nearest neighbours of a record, the two spaces share {10 * report.overlap:.1f} "
        "on average. That says how much answers change, and not which are better: two trainings "
        "of one model that differ in their seed alone share 3.6."
    )


def _asked(one: SideBySide, status: ReembedStatus) -> Asked:
    source, target = ([name for name, _ in side] for side in (one.source, one.target))
    return Asked(
        Item(shown(one.query)),
        (
            (f"in {_short(status.source)}", _items(one.source, target)),
            (f"in {_short(status.target)}", _items(one.target, source)),
        ),
    )


def _items(side: Sequence[tuple[str, float]], other: Sequence[str]) -> tuple[Item, ...]:
    return tuple(
        Item(shown(name), label=f"{score:.3f}", right=True if name in other else None)
        for name, score in side
    )


def _short(space: Space) -> str:
    return shown(space.name, _NAME)
