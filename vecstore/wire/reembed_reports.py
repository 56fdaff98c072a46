"""What the judging before a switch found, to messages and back."""

from __future__ import annotations

from collections.abc import Iterable

from vecstore.reembeddings import Bounds, ReembedReport, SideBySide
from vecstore.v1 import reembed_service_pb2 as pb


def report_to_message(report: ReembedReport) -> pb.ReembedReport:
    """What the judging found."""
    return pb.ReembedReport(
        figures={name: _pair_to_message(report, name) for name in report.figures},
        verdicts=[
            pb.ReembedVerdict(gate=gate, passed=passed, seen=seen)
            for gate, passed, seen in report.verdicts
        ],
        overlap=report.overlap,
        examples=[
            pb.SideBySide(
                query=one.query, source=_scores_to(one.source), target=_scores_to(one.target)
            )
            for one in report.examples
        ],
        created_at=report.created_at,
        notes=report.notes,
        shown=report.figures,
    )


def report_from_message(message: pb.ReembedReport) -> ReembedReport:
    """What the judging found."""
    # A map keeps no order.
    pairs = [(name, message.figures[name]) for name in message.shown if name in message.figures]
    return ReembedReport(
        figures={
            name: (
                one.source if one.HasField("source") else None,
                one.target if one.HasField("target") else None,
            )
            for name, one in pairs
        },
        verdicts=tuple((one.gate, one.passed, one.seen) for one in message.verdicts),
        overlap=message.overlap if message.HasField("overlap") else None,
        examples=tuple(
            SideBySide(one.query, _scores_from(one.source), _scores_from(one.target))
            for one in message.examples
        ),
        created_at=message.created_at,
        intervals={
            name: (_bounds_from(one, "source_interval"), _bounds_from(one, "target_interval"))
            for name, one in pairs
            if one.HasField("source_interval") or one.HasField("target_interval")
        },
        differences={
            name: (one.difference.value, one.difference.low, one.difference.high)
            for name, one in pairs
            if one.HasField("difference")
        },
        notes=tuple(message.notes),
    )


def _pair_to_message(report: ReembedReport, name: str) -> pb.FigurePair:
    source, target = report.figures[name]
    here, there = report.intervals.get(name, (None, None))
    difference = report.differences.get(name)
    return pb.FigurePair(
        source=source,
        target=target,
        source_interval=_bounds_to(here),
        target_interval=_bounds_to(there),
        difference=None
        if difference is None
        else pb.FigureDifference(value=difference[0], low=difference[1], high=difference[2]),
    )


def _bounds_to(bounds: Bounds | None) -> pb.FigureInterval | None:
    return None if bounds is None else pb.FigureInterval(low=bounds[0], high=bounds[1])


def _bounds_from(message: pb.FigurePair, name: str) -> Bounds | None:
    interval = getattr(message, name)
    return (interval.low, interval.high) if message.HasField(name) else None


def _scores_to(found: Iterable[tuple[str, float]]) -> list[pb.ScoredId]:
    return [pb.ScoredId(id=one, score=score) for one, score in found]


def _scores_from(messages: Iterable[pb.ScoredId]) -> tuple[tuple[str, float], ...]:
    return tuple((one.id, one.score) for one in messages)
