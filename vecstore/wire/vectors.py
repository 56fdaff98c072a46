"""Spaces, vectors and metrics to messages and back.

A vector that comes in is checked here for its form, and then for its space: numbers without a
space never become a :class:`~vecstore.spaces.Vector`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vecstore.errors import InvalidArgument, InvalidVector, SpaceRequired
from vecstore.spaces import FloatArray, Metric, Space, Vector, require_vector
from vecstore.v1 import types_pb2 as pb
from vecstore.values import check_values

_FLOAT_BYTES = 4

_METRICS = {
    pb.METRIC_UNSPECIFIED: Metric.COSINE,
    pb.METRIC_COSINE: Metric.COSINE,
    pb.METRIC_IP: Metric.IP,
    pb.METRIC_L2: Metric.L2,
}
_METRIC_NUMBERS = {metric: number for number, metric in _METRICS.items()}


@lru_cache(maxsize=256)
def space_to_message(space: Space) -> pb.Space:
    """The message of a space. Shared: copy it into another message, never change it.

    Raises:
        InvalidArgument: a space made by hand, of values that no space has.
    """
    try:
        return pb.Space(
            model=space.model,
            version=space.version,
            dim=space.dim,
            fingerprint=space.fingerprint,
            transform=space.transform,
        )
    except (TypeError, ValueError) as error:
        raise InvalidArgument(
            f"{space!r} cannot be sent ({error}); take the space from store.space(NAME)",
            field="space",
        ) from None


def space_from_message(message: pb.Space) -> Space:
    """The space that a message names."""
    return Space(
        message.model, message.version, message.dim, message.fingerprint, message.transform
    )


def vector_to_message(vector: object, field: str = "vector") -> pb.Vector:
    """A vector to its quick form.

    Raises:
        InvalidVector, SpaceRequired: anything that is no :class:`~vecstore.spaces.Vector`; see
            :func:`vecstore.spaces.require_vector`.
    """
    message = pb.Vector()
    fill_vector(message, vector, field)
    return message


def fill_vector(message: pb.Vector, vector: object, field: str) -> None:
    """Like :func:`vector_to_message`, into the empty message of a request."""
    given = require_vector(vector, field)
    message.space.CopyFrom(space_to_message(given.space))
    message.packed = given.values.tobytes()


def vector_from_message(message: pb.Vector, field: str = "vector") -> Vector:
    """The vector that a message holds.

    Args:
        message: a Vector message.
        field: how messages call it.

    Raises:
        InvalidVector: no values, bytes that are no float32, empty, NaN or infinity.
        SpaceRequired: the values are well formed and nothing says where they live.
    """
    packed = message.packed
    values = _unpack(packed, field) if packed else _unusual(message, field)
    space = message.space
    if not space.model:
        raise _without_space(check_values(values, field), field)
    return Vector(space_from_message(space), values)


def metric_to_message(metric: object) -> pb.Metric:
    """The enum value of a metric.

    Raises:
        InvalidArgument: no metric.
    """
    try:
        return _METRIC_NUMBERS[Metric(metric)]  # type: ignore[arg-type]
    except ValueError:
        raise _unknown_metric(metric) from None


def metric_from_message(number: int) -> Metric:
    """The metric of an enum value; cosine where it is unspecified.

    Raises:
        InvalidArgument: a number that is no metric.
    """
    try:
        return _METRICS[number]  # type: ignore[index]
    except KeyError:
        raise _unknown_metric(number) from None


def _without_space(values: FloatArray, field: str) -> SpaceRequired:
    return SpaceRequired(
        f"{field} has {len(values)} numbers and no space: a vector must say which space it lives "
        "in. Take it from EncoderService.Encode, or set the space of the very model that made the "
        "numbers (EncoderService.GetEncoder tells it)",
        field=field,
    )


def _unusual(message: pb.Vector, field: str) -> FloatArray:
    kind = message.WhichOneof("values")
    if kind is None:
        raise InvalidVector(f"{field} has no values; set packed or floats", field=field)
    return np.array(message.floats.values, dtype="<f4")


def _unpack(packed: bytes, field: str) -> FloatArray:
    if len(packed) % _FLOAT_BYTES:
        raise InvalidVector(
            f"{field}.packed has {len(packed)} bytes, which is no multiple of 4; send "
            "little-endian float32",
            field=field,
        )
    return np.frombuffer(packed, dtype="<f4")


def _unknown_metric(metric: object) -> InvalidArgument:
    return InvalidArgument(
        f"the metric {metric!r} is not known; use cosine, ip or l2", field="metric"
    )
