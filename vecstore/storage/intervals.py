"""Exact comparison of JSON numbers, as closed intervals of integers and of doubles.

A stored number is an integer or a double by how it is written (``1`` or ``1.0``). The numbers
that satisfy a comparison with one operand form one interval of 64-bit integers and one interval
of doubles. Neither involves rounding, so a database that compares integers with integers and
doubles with doubles compares exactly.
"""

from __future__ import annotations

import math
import sys

from vecstore.filters import Operator
from vecstore.inputs import MAX_INT, MIN_INT

Ints = tuple[int, int]
Floats = tuple[float, float]

_MAX_FLOAT = sys.float_info.max


def int_interval(comparison: Operator, operand: int | float) -> Ints | None:
    """The 64-bit integers ``i`` with ``i comparison operand``: first and last, or None for none."""
    floor, ceil = math.floor(operand), math.ceil(operand)
    low, high = {
        Operator.EQ: (ceil, floor),
        Operator.LT: (MIN_INT, ceil - 1),
        Operator.LTE: (MIN_INT, floor),
        Operator.GT: (floor + 1, MAX_INT),
        Operator.GTE: (ceil, MAX_INT),
    }[comparison]
    low, high = max(low, MIN_INT), min(high, MAX_INT)
    return (low, high) if low <= high else None


def float_interval(comparison: Operator, operand: int | float) -> Floats | None:
    """The finite doubles ``f`` with ``f comparison operand``: first and last, or None for none."""
    floor = ceil = float(operand)
    if floor > operand:
        floor = math.nextafter(floor, -math.inf)
    elif ceil < operand:
        ceil = math.nextafter(ceil, math.inf)
    low, high = {
        Operator.EQ: (ceil, floor),
        Operator.LT: (-_MAX_FLOAT, math.nextafter(ceil, -math.inf)),
        Operator.LTE: (-_MAX_FLOAT, floor),
        Operator.GT: (math.nextafter(floor, math.inf), _MAX_FLOAT),
        Operator.GTE: (ceil, _MAX_FLOAT),
    }[comparison]
    low, high = max(low, -_MAX_FLOAT), min(high, _MAX_FLOAT)
    return (low, high) if low <= high else None


def neighbours(value: float, steps: int) -> list[float]:
    """The doubles up to ``steps`` below and above ``value``, itself included, in order."""
    below, above = [value], [value]
    for _ in range(steps):
        below.append(math.nextafter(below[-1], -math.inf))
        above.append(math.nextafter(above[-1], math.inf))
    return [*below[:0:-1], *above]
