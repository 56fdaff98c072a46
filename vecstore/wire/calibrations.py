"""How strange queries are, and by what that is told, to messages and back."""

from __future__ import annotations

from vecstore.calibrations import Basis, Calibration, Measure, Unfamiliarity, as_measure
from vecstore.errors import InvalidArgument
from vecstore.v1 import search_service_pb2 as search_pb
from vecstore.v1 import types_pb2 as pb

_BASES = {
    pb.CALIBRATION_BASIS_NONE: Basis.NONE,
    pb.CALIBRATION_BASIS_RECORDS: Basis.RECORDS,
    pb.CALIBRATION_BASIS_QUERIES: Basis.QUERIES,
}
_BASIS_NUMBERS = {basis: number for number, basis in _BASES.items()}
_MEASURES = {
    pb.CALIBRATION_MEASURE_NEAREST: Measure.NEAREST,
    pb.CALIBRATION_MEASURE_PROTOTYPES: Measure.PROTOTYPES,
    pb.CALIBRATION_MEASURE_MAHALANOBIS: Measure.MAHALANOBIS,
}
_MEASURE_NUMBERS = {measure: number for number, measure in _MEASURES.items()}


def fill_unfamiliarity(message: search_pb.Unfamiliarity, value: Unfamiliarity) -> None:
    """How strange a query is, into an empty message."""
    message.distance = value.distance
    if value.percentile is not None:
        message.percentile = value.percentile
    if value.flagged is not None:
        message.flagged = value.flagged
    message.basis = _BASIS_NUMBERS[value.basis]


def unfamiliarity_from_message(message: search_pb.Unfamiliarity) -> Unfamiliarity:
    """How strange a query is."""
    return Unfamiliarity(
        message.distance,
        message.percentile if message.HasField("percentile") else None,
        message.flagged if message.HasField("flagged") else None,
        _BASES.get(message.basis, Basis.NONE),
    )


def calibration_to_message(value: Calibration) -> pb.Calibration:
    """By what a collection tells the unfamiliar."""
    return pb.Calibration(
        basis=_BASIS_NUMBERS[value.basis],
        measure=_MEASURE_NUMBERS[value.measure],
        label_key=value.label_key,
        points=value.points,
        threshold=value.threshold,
        source=value.source,
        gathers=value.gathers,
        records=value.records,
        note=value.note,
    )


def calibration_from_message(message: pb.Calibration) -> Calibration:
    """By what a collection tells the unfamiliar."""
    return Calibration(
        basis=_BASES.get(message.basis, Basis.NONE),
        measure=_MEASURES.get(message.measure, Measure.NEAREST),
        label_key=message.label_key if message.HasField("label_key") else None,
        points=message.points,
        threshold=message.threshold if message.HasField("threshold") else None,
        source=message.source,
        gathers=message.gathers,
        records=message.records,
        note=message.note,
    )


def measure_to_message(measure: object) -> pb.CalibrationMeasure:
    """What distances are measured to; unspecified for None.

    Raises:
        InvalidArgument: there is no such measure.
    """
    chosen = as_measure(measure)
    return pb.CALIBRATION_MEASURE_UNSPECIFIED if chosen is None else _MEASURE_NUMBERS[chosen]


def measure_from_message(number: int) -> Measure | None:
    """What distances are measured to; None where it is unspecified.

    Raises:
        InvalidArgument: a number that stands for none.
    """
    if number == pb.CALIBRATION_MEASURE_UNSPECIFIED:
        return None
    if number not in _MEASURES:
        raise InvalidArgument(
            f"measure is {number}; send a CalibrationMeasure that this server knows",
            field="measure",
        )
    return _MEASURES[number]  # type: ignore[index]
