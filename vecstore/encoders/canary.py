"""Canaries: fixed inputs whose vectors are on record, and are asked for again at every load.

A fingerprint says that the parts are the same; canaries say that the numbers are. They catch what
no hash sees: another library's tokenizer, a preprocessor's default, a lower precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vecstore.encoders.canary_inputs import standard_canaries
from vecstore.encoders.output import checked_output
from vecstore.errors import PluginError
from vecstore.records import Input, Role
from vecstore.spaces import FloatArray
from vecstore.specs import Encoder

SAME_LIMIT = 1e-5
PRECISION_LIMIT = 1e-3
_LONG = 500


class Agreement(StrEnum):
    """How canary vectors of today and those on record agree."""

    SAME = "same"
    OTHER_PRECISION = "other precision"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the canaries say.

    Args:
        agreement: the judgement.
        deviation: the largest over all canaries; see :func:`compare_canaries`. Infinity where the
            vectors cannot be compared at all.
        worst: the row that deviates most; None where the shapes differ.
    """

    agreement: Agreement
    deviation: float
    worst: int | None = None


def canary_inputs(encoder: Encoder) -> Sequence[Input]:
    """The encoder's own canaries, or the standard ones of its modalities.

    Raises:
        PluginError: there are neither.
    """
    own = encoder.canaries()
    inputs = standard_canaries(encoder.modalities) if own is None else own
    if not inputs:
        raise PluginError(
            f"an encoder of {sorted(encoder.modalities)} has no standard canaries; "
            f"{type(encoder).__name__}.canaries() must return some inputs"
        )
    return inputs


def canary_vectors(encoder: Encoder) -> FloatArray:
    """Every canary as a document, then every canary as a query.

    Returns:
        Shape (2 * number of canaries, dim), float32.

    Raises:
        PluginError: there are no canaries, or the encoder gives other shapes, NaN or infinity.
    """
    inputs = canary_inputs(encoder)
    vectors = [_encode(encoder, inputs, role) for role in (Role.DOCUMENT, Role.QUERY)]
    return np.concatenate(vectors)


def _encode(encoder: Encoder, inputs: Sequence[Input], role: Role) -> FloatArray:
    """Long inputs by themselves: beside them every short one would cost as much as they do."""
    vectors = np.zeros((len(inputs), encoder.dim), dtype=np.float32)
    for group in (False, True):
        rows = [n for n, item in enumerate(inputs) if (len(item.data) > _LONG) is group]
        if rows:
            found = encoder.encode([inputs[row] for row in rows], role)
            vectors[rows] = checked_output(encoder, found, len(rows))
    return vectors


def canary_name(encoder: Encoder, row: int) -> str:
    """What a row of :func:`canary_vectors` was made from, for messages."""
    inputs = canary_inputs(encoder)
    data = inputs[row % len(inputs)].data
    role = (Role.DOCUMENT, Role.QUERY)[row // len(inputs)]
    shown = f"image of {len(data)} bytes" if isinstance(data, bytes) else repr(data[:40])
    return f"{role} {shown}"


def compare_canaries(recorded: FloatArray, now: FloatArray) -> Verdict:
    """Judge canary vectors, both of shape (n, dim), in float64.

    A row's deviation is 1 - cosine, or r * r / 2 for norms that differ by the share r, whichever
    is larger: an error of relative size r costs r * r / 2 in cosine when it turns a vector, so the
    two are one measure. A zero vector equals a zero vector and nothing else. Up to 1e-5 is the same
    model, up to 1e-3 the same model in another precision, more is another model.
    """
    if recorded.shape != now.shape:
        return Verdict(Agreement.DRIFT, float("inf"))
    rows = _deviations(recorded.astype(np.float64), now.astype(np.float64))
    worst = int(np.argmax(rows))
    deviation = float(rows[worst])
    return Verdict(_judge(deviation), deviation, worst)


def _deviations(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    norms = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    larger, smaller = np.maximum(*norms), np.minimum(*norms)
    with np.errstate(all="ignore"):
        turned = 1.0 - np.einsum("ij,ij->i", a, b) / (larger * smaller)
        scaled = (1.0 - smaller / larger) ** 2 / 2.0
    rows = np.maximum(turned, scaled)
    rows[smaller == 0.0] = np.inf
    rows[larger == 0.0] = 0.0
    rows[~np.isfinite(larger)] = np.inf
    clipped: NDArray[np.float64] = np.maximum(rows, 0.0)
    return clipped


def _judge(deviation: float) -> Agreement:
    if deviation <= SAME_LIMIT:
        return Agreement.SAME
    return Agreement.OTHER_PRECISION if deviation <= PRECISION_LIMIT else Agreement.DRIFT
