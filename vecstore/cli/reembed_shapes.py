"""The JSON shapes of what moves a vector field to another space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vecstore.cli.shapes import space
from vecstore.reembeddings import (
    ReembedFailure,
    ReembedPlan,
    ReembedReport,
    ReembedStatus,
    SideBySide,
)

Json = dict[str, Any]


def plan(value: ReembedPlan) -> Json:
    """What a re-embedding would take."""
    return {
        "collection": value.collection,
        "field": value.field,
        "from": space(value.source),
        "to": space(value.target),
        "counts": asdict(value.counts),
        "encodes": value.encodes,
        "sampled": value.sampled,
        "records_per_second": value.records_per_second,
        "seconds": value.seconds,
        "bytes_needed": value.bytes_needed,
        "bytes_free": value.bytes_free,
        "notes": list(value.notes),
    }


def status(value: ReembedStatus) -> Json:
    """How a re-embedding stands."""
    told = value.options
    return {
        "id": value.id,
        "collection": value.collection,
        "field": value.field,
        "from": space(value.source),
        "to": space(value.target),
        "state": str(value.state),
        "running": value.running,
        "doing": value.doing and str(value.doing),
        "options": {
            "gates": list(told.gates),
            "switch": str(told.switch),
            "brought": str(told.brought),
            "without_input": str(told.without_input),
            "failures": str(told.failures),
            "cores": told.cores,
            "rollback": str(told.rollback),
        },
        "counts": asdict(value.counts),
        "share": value.share,
        "blocked": list(value.blocked),
        "records_per_second": value.records_per_second,
        "seconds_left": value.seconds_left,
        "error": value.error,
        "created_at": value.created_at,
        "switched_at": value.switched_at,
        "ended_at": value.ended_at,
        "elsewhere": value.elsewhere,
        "letting_go": value.letting_go,
        "report": None if value.report is None else report(value.report),
    }


def report(value: ReembedReport) -> Json:
    """What the judging of both spaces found."""
    return {
        "created_at": value.created_at,
        "figures": {name: _sides(name, value) for name in value.figures},
        "gates": [
            {"gate": gate, "passed": passed, "seen": seen} for gate, passed, seen in value.verdicts
        ],
        "overlap": value.overlap,
        "examples": [_side_by_side(one) for one in value.examples],
        "notes": list(value.notes),
    }


def failures(found: Sequence[ReembedFailure]) -> Json:
    """Records that the new encoder refused."""
    return {"failures": [{"id": one.id, "reason": one.reason} for one in found]}


def _sides(name: str, value: ReembedReport) -> Json:
    bounds = value.intervals.get(name, (None, None))
    pairs = zip(("live", "new"), value.figures[name], bounds, strict=True)
    shape: Json = {side: _figure(found, ends) for side, found, ends in pairs}
    difference = value.differences.get(name)
    shape["difference"] = None if difference is None else _figure(difference[0], difference[1:])
    return shape


def _figure(value: float | None, bounds: tuple[float, ...] | None) -> Json | None:
    if value is None:
        return None
    low, high = bounds or (None, None)
    return {"value": value, "low": low, "high": high}


def _side_by_side(value: SideBySide) -> Json:
    sides = {"live": value.source, "new": value.target}
    return {
        "query": value.query,
        **{
            name: [{"id": one, "score": score} for one, score in found]
            for name, found in sides.items()
        },
    }
