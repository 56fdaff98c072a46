"""The page itself: from outcomes to one file of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vecstore.errors import InvalidArgument
from vecstore.evaluations import Protocol
from vecstore.judging.outcome import Judged, Outcome
from vecstore.judging.report.alarms import alarms
from vecstore.judging.report.confusion import HeatMap, heat_map
from vecstore.judging.report.curves import Curves, Line, draw_curves, lines
from vecstore.judging.report.maps import Key, draw_map, legend
from vecstore.judging.report.neighbours import Asked, first_results, sample_neighbours
from vecstore.judging.report.rendering import render
from vecstore.judging.report.shown import shown
from vecstore.judging.report.table import Group, figure_table
from vecstore.judging.report.writing import today, write_file

TITLES = {
    Protocol.LABELS: "Judged by labels",
    Protocol.RETRIEVAL: "Judged by what queries find",
    Protocol.PAIRS: "Judged by scored pairs",
}


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column of figures."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Part:
    """What the page says of one outcome; empty is left out.

    Args:
        title, facts: by what, on what and how.
        alarms: what a reader should know before the figures.
        columns, table: the figures.
        mapped, legend, maps: (name, picture).
        lines, curves: probes over samples a class.
        heat: (name, clusters against classes).
        neighbours, results: of samples, and of queries.
        skipped: what was left out.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    alarms: tuple[str, ...]
    columns: tuple[Column, ...]
    table: tuple[Group, ...]
    mapped: str
    legend: tuple[Key, ...]
    maps: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    curves: tuple[Curves, ...]
    heat: tuple[tuple[str, HeatMap], ...]
    neighbours: tuple[Asked, ...]
    results: tuple[Asked, ...]
    skipped: tuple[str, ...]


def write_report(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write one HTML page on what was judged: figures, pictures, neighbours, what was left out.

    The page is one file that names no address, so it can be mailed and read offline. What others
    wrote (labels, texts, names) is escaped, shortened, and shown without invisible characters.
    Of images there are small thumbnails.

    Args:
        path: of the page; a file that is there is replaced, as a whole or not at all.
        outcomes: what came out, one part of the page each.

    Raises:
        InvalidArgument: no outcome, a library is missing, or the file cannot be written.
    """
    if not outcomes:
        raise InvalidArgument("there is nothing to report on; judge an encoder first")
    # First of all, since names stand everywhere.
    named = [_with_short_names(outcome) for outcome in outcomes]
    shown_parts = [_part(outcome) for outcome in named]
    names = dict.fromkeys(
        one.name for outcome in named for one in outcome.judged if one.space is not None
    )
    text = render(
        "evaluation.html",
        title=" and ".join(names) + ", judged",
        made=today(),
        parts_shown=shown_parts,
    )
    write_file(path, text)


def _part(outcome: Outcome) -> Part:
    judged = outcome.judged
    labels = outcome.sample_labels
    curves = draw_curves(judged)
    maps = _maps(judged, labels, outcome.seed)
    return Part(
        title=TITLES[outcome.protocol],
        facts=_facts(outcome),
        alarms=alarms(outcome),
        columns=tuple(Column(one.name, "encoder" if one.space else "baseline") for one in judged),
        table=figure_table(judged),
        mapped=f"t-SNE of {len(labels):,} samples, drawn evenly over the classes by the seed.",
        legend=tuple(legend(labels).values()) if maps else (),
        maps=maps,
        lines=lines(judged) if curves else (),
        curves=curves,
        heat=_heat(judged, outcome.classes),
        neighbours=sample_neighbours(outcome),
        results=first_results(outcome),
        skipped=tuple(shown(one, 400) for one in outcome.skipped),
    )


def _facts(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    settings = "; ".join(f"{name} {_said(value)}" for name, value in outcome.settings.items())
    facts = {
        "Data": f"{shown(outcome.data.name, 80)} ({outcome.data.how_much})",
        "Digest": f"sha256 {outcome.data.digest}",
        "Seed": str(outcome.seed),
        "Settings": shown(settings, 400),
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _said(value: object) -> str:
    """A setting in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _maps(
    judged: Sequence[Judged], labels: Sequence[str], seed: int
) -> tuple[tuple[str, str], ...]:
    """Of every encoder, not of baselines."""
    return tuple(
        (one.name, draw_map(one.vectors, labels, seed))
        for one in judged
        if one.space is not None and one.vectors is not None and labels
    )


def _heat(judged: Sequence[Judged], classes: Sequence[str]) -> tuple[tuple[str, HeatMap], ...]:
    names = [shown(name, 20) for name in classes]
    return tuple(
        (one.name, heat_map(one.confusion, names))
        for one in judged
        if one.space is not None and one.confusion is not None
    )


def _with_short_names(outcome: Outcome) -> Outcome:
    return replace(
        outcome, judged=tuple(replace(one, name=shown(one.name, 60)) for one in outcome.judged)
    )
