"""What the commands print that move a vector field to another space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vecstore.cli import output
from vecstore.cli.model_fields import duration
from vecstore.cli.reembed_steps import next_steps
from vecstore.reembeddings import (
    Doing,
    ReembedCounts,
    ReembedFailure,
    ReembedPlan,
    ReembedReport,
    ReembedState,
    ReembedStatus,
    SideBySide,
)

if TYPE_CHECKING:
    from vecstore.cli.reembed_place import Place

_STATES = {
    ReembedState.FILLING: "the new space is being filled",
    ReembedState.PAUSED: "writes go on reaching both spaces",
    ReembedState.STOPPED: "by an error",
    ReembedState.FILLED: "something is to be decided before the switch",
    ReembedState.BELOW_GATE: "a gate does not hold",
    ReembedState.READY: "nothing blocks the switch",
    ReembedState.SWITCHED: "the new space is live; the old one is kept up to date",
    ReembedState.ROLLED_BACK: "the old space is live again; the new one is kept up to date",
    ReembedState.FINISHED: "the old space is gone",
    ReembedState.CANCELLED: "the new space is gone",
}


def print_plan(plan: ReembedPlan, place: Place, target: Sequence[str]) -> None:
    """What it would take.

    Args:
        target: the options that name the new space, for the command that starts it.
    """
    counts = plan.counts
    if plan.encodes:
        how = f"{counts.pending:,} to encode"
        rate = "" if plan.records_per_second is None else f"{plan.records_per_second:,.0f}/s"
        time = "not known: nothing could be sampled"
        if plan.seconds is not None:
            sampled = f" ({rate}, measured on {plan.sampled:,} of them)" if rate else ""
            time = f"{duration(plan.seconds)}{sampled}"
    else:
        how, time = f"{counts.pending:,} computed, not encoded", "a moment: nothing is encoded"
    output.print_fields(
        {
            **_between(plan),
            "records": ", ".join([f"{counts.total:,}", how, *_unmoved(counts)]),
            "time": time,
            "disk": f"{_mib(plan.bytes_needed)} needed, {_mib(plan.bytes_free)} free",
            **{f"note {number}": note for number, note in enumerate(plan.notes, 1)},
            "start it": place.command("start", *target),
        }
    )


def print_status(status: ReembedStatus, place: Place) -> None:
    """How it stands, what blocks it, and what may be done next."""
    state = f"{_words(status.state)}: {_STATES[status.state]}"
    if status.doing is Doing.JUDGING:
        state = f"{_words(status.state)}: both spaces are being judged"
    if status.elsewhere:
        state += f"; {status.elsewhere} has the store open"
    blocks = "roll-back blocked" if status.state is ReembedState.SWITCHED else "switch blocked"
    output.print_fields(
        {
            **_between(status),
            "state": state,
            **({"error": status.error} if status.error else {}),
            **({} if status.state.over else {"records": _records(status)}),
            **_pace(status),
            **_told(status),
            **{
                name: at
                for name, at in (
                    ("started", status.created_at),
                    ("switched", status.switched_at),
                    ("ended", status.ended_at),
                )
                if at
            },
            **_numbered(blocks, status.blocked),
            **dict(next_steps(place, status)),
        }
    )


def print_failures(found: Sequence[ReembedFailure]) -> None:
    """Records that the new encoder refused, each with its reason."""
    if found:
        output.print_table(["id", "reason"], [[f.id, f.reason] for f in found], wrapped=["reason"])
    else:
        output.print_line("nothing was refused")


def print_report(status: ReembedStatus, report: ReembedReport) -> None:
    """Both sides' figures, gates and answers."""
    source, target = status.source.name, status.target.name
    output.print_line(f"{status.collection}/{status.field}: judged at {report.created_at}")
    if report.figures:
        output.print_line("")
        columns = ["figure", source, target, "difference"]
        rows = [[name, *_cells(name, report)] for name in report.figures]
        output.print_table(columns, rows, right=columns[1:])
    if report.verdicts or report.notes or report.overlap is not None:
        output.print_line("")
    for gate, held, seen in report.verdicts:
        output.print_line(f"gate {gate}: {'holds' if held else 'does not hold'}; {seen}")
    if report.overlap is not None:
        output.print_line(
            f"neighbours: the two spaces share {10 * report.overlap:.1f} of 10 on average, which "
            "says how much answers change, and not which are better"
        )
    for note in report.notes:
        output.print_line(f"note: {note.rstrip('.')}")
    for one in report.examples:
        output.print_line(f"\n{one.query}")
        output.print_table(["", source, target], list(_ranked(one)))


def _between(one: ReembedPlan | ReembedStatus) -> dict[str, str]:
    return {
        "field": f"{one.collection}/{one.field}",
        "from": str(one.source),
        "to": str(one.target),
    }


def _records(status: ReembedStatus) -> str:
    counts = status.counts
    if status.running and not counts.total:
        return "being counted"
    where = "in the old space too" if status.state is ReembedState.SWITCHED else "moved"
    said = f"{counts.moved:,} of {counts.total:,} {where}"
    carried = f" ({counts.carried:,} carried over by a map)" if counts.carried else ""
    pending = [f"{counts.pending:,} to go"] if counts.pending else []
    return ", ".join([said + carried, *pending, *_unmoved(counts)])


def _unmoved(counts: ReembedCounts) -> Iterator[str]:
    """Those that need a decision."""
    if counts.failed:
        yield f"{counts.failed:,} refused by the encoder"
    if counts.brought:
        yield f"{counts.brought:,} with a vector that a caller brought"
    if counts.without_input:
        yield f"{counts.without_input:,} without a stored input"


def _pace(status: ReembedStatus) -> dict[str, str]:
    if status.records_per_second is None:
        return {}
    left = "" if status.seconds_left is None else f", {duration(status.seconds_left)} left"
    return {"rate": f"{status.records_per_second:,.0f} records/s{left}"}


def _told(status: ReembedStatus) -> dict[str, str]:
    options = status.options
    named = {
        "brought": options.brought,
        "without input": options.without_input,
        "failures": options.failures,
        "roll-back": options.rollback,
    }
    decided = {name: _words(value) for name, value in named.items() if value != "ask"}
    gates = {"gates": ", ".join(options.gates)} if options.gates else {}
    return {"switch": str(options.switch), "cores": f"{options.cores:g}", **gates, **decided}


def _numbered(name: str, sentences: Sequence[str]) -> dict[str, str]:
    """Sentences below each other; a number each where there are several."""
    if len(sentences) == 1:
        return {name: sentences[0]}
    return {f"{name} {number}": sentence for number, sentence in enumerate(sentences, 1)}


def _cells(name: str, report: ReembedReport) -> Iterator[str]:
    bounds = report.intervals.get(name, (None, None))
    for value, ends in zip(report.figures[name], bounds, strict=True):
        yield "-" if value is None else f"{value:.3f}{_interval(ends)}"
    difference = report.differences.get(name)
    yield "-" if difference is None else f"{difference[0]:+.3f}{_interval(difference[1:], '+')}"


def _interval(bounds: tuple[float, ...] | None, sign: str = "") -> str:
    if bounds is None:
        return ""
    low, high = bounds
    return f" [{low:{sign}.3f} to {high:{sign}.3f}]"


def _ranked(one: SideBySide) -> Iterator[list[str]]:
    for rank in range(max(len(one.source), len(one.target))):
        sides = (side[rank : rank + 1] for side in (one.source, one.target))
        yield [str(rank + 1), *(f"{s[0][0]}  {s[0][1]:.3f}" if s else "" for s in sides)]


def _words(value: str) -> str:
    return str(value).replace("_", " ")


def _mib(count: int) -> str:
    return f"{count / (1 << 20):,.1f} MiB"
