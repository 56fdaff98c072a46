"""What ``vecstore evaluate`` prints: a table for each protocol, or one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vecstore.cli import output

if TYPE_CHECKING:
    from vecstore.evaluations import Figure
    from vecstore.judging.gates import Verdict
    from vecstore.judging.outcome import Judged, Outcome

_NAMED = 10


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """A table for each protocol: a row for each figure, a column for whoever was judged."""
    for number, outcome in enumerate(outcomes):
        if number:
            output.print_line("")
        output.print_line(f"{outcome.protocol}: {outcome.data.name} ({outcome.data.how_much})")
        names = [one.name for one in outcome.judged]
        rows = [
            [name, *(_cell(name, one.figures.get(name)) for one in outcome.judged)]
            for name in dict.fromkeys(name for one in outcome.judged for name in one.figures)
        ]
        _print_table(["figure", *names], rows)
        for note in notes(outcome):
            output.print_line(f"note: {note}")


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """What came of gates: those passed on standard output, the others on standard error."""
    for verdict in verdicts:
        if verdict.passed:
            output.print_line(f"gate {verdict}")
        else:
            output.print_note(f"gate {verdict}")


def note_skipped(skipped: Sequence[tuple[str, str]]) -> None:
    """What was passed over, on standard error."""
    if not skipped:
        return
    what = "1 input was" if len(skipped) == 1 else f"{len(skipped):,} inputs were"
    output.print_note(f"{what} passed over:")
    for place, why in skipped[:_NAMED]:
        output.print_note(f"  {place}: {why}")
    if len(skipped) > _NAMED:
        output.print_note(f"  and {len(skipped) - _NAMED:,} more; --json lists them all")


def document(
    outcomes: Sequence[Outcome],
    verdicts: Sequence[Verdict],
    skipped: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """All of it as JSON values."""
    return {
        "outcomes": [_outcome(one) for one in outcomes],
        "gates": [
            {
                "gate": str(one.gate),
                "encoder": one.encoder,
                "protocol": None if one.protocol is None else str(one.protocol),
                "value": one.value,
                "passed": one.passed,
            }
            for one in verdicts
        ],
        "skipped": [{"name": place, "reason": why} for place, why in skipped],
    }


def notes(outcome: Outcome) -> Iterator[str]:
    """What a reader should know beside the figures: alarms, and what was left out."""
    from vecstore.judging.report.alarms import alarms

    for sentence in (*alarms(outcome), *outcome.skipped):
        yield sentence.rstrip(".")


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Where the room is short, the names of those judged take several lines, not the figures'."""
    widths = (max(map(len, column)) + 2 for column in zip(columns, *rows, strict=True))
    wide = sum(widths) > output.console().width
    output.print_table(columns, rows, right=columns[1:], wrapped=columns[1:] if wide else ())


def _outcome(outcome: Outcome) -> dict[str, Any]:
    data = outcome.data
    return {
        "protocol": str(outcome.protocol),
        "data": {"name": data.name, "digest": data.digest, "counts": dict(data.counts)},
        "seed": outcome.seed,
        "settings": dict(outcome.settings),
        "judged": [_judged(one) for one in outcome.judged],
        "evaluations": [one.id for one in outcome.evaluations],
        "notes": list(notes(outcome)),
    }


def _judged(one: Judged) -> dict[str, Any]:
    from vecstore.cli import shapes

    return {
        "name": one.name,
        "baseline": one.space is None,
        "space": None if one.space is None else shapes.space(one.space),
        "figures": {
            name: {"value": figure.value, "low": figure.low, "high": figure.high}
            for name, figure in one.figures.items()
        },
    }


def _cell(name: str, figure: Figure | None) -> str:
    if figure is None:
        return "-"
    digits = 1 if name == "health.effective_rank" else 3
    value = f"{figure.value:.{digits}f}"
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ±{(figure.high - figure.low) / 2:.{digits}f}"
