"""Intervals of numbers say what Python's exact comparison says."""

from __future__ import annotations

import math
import operator
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vecstore.filters import Operator
from vecstore.storage.intervals import float_interval, int_interval, neighbours

COMPARE = {
    Operator.EQ: operator.eq,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
}
MAX = sys.float_info.max

floats = st.floats(allow_nan=False, allow_infinity=False)
ints = st.integers(-(2**63), 2**63 - 1)
near_powers = st.builds(
    lambda sign, power, step: max(min(sign * 2**power + step, 2**63 - 1), -(2**63)),
    st.sampled_from([1, -1]),
    st.integers(50, 63),
    st.integers(-3, 3),
)
operands = floats | ints | near_powers | near_powers.map(float)


@given(st.sampled_from(sorted(COMPARE)), operands, ints | near_powers)
@example(Operator.LT, -(2**63), -(2**63))
@example(Operator.GT, 1e300, 2**63 - 1)
def test_integers(comparison: Operator, operand: int | float, stored: int) -> None:
    interval = int_interval(comparison, operand)
    inside = interval is not None and interval[0] <= stored <= interval[1]
    assert inside == COMPARE[comparison](stored, operand)
    assert interval is None or -(2**63) <= interval[0] <= interval[1] < 2**63


@given(st.sampled_from(sorted(COMPARE)), operands, floats | near_powers.map(float))
@example(Operator.LT, -MAX, -MAX)
@example(Operator.GT, MAX, MAX)
@example(Operator.GTE, 0.0, -0.0)
def test_doubles(comparison: Operator, operand: int | float, stored: float) -> None:
    for candidate in neighbours(stored, 1):
        if math.isfinite(candidate):
            interval = float_interval(comparison, operand)
            inside = interval is not None and interval[0] <= candidate <= interval[1]
            assert inside == COMPARE[comparison](candidate, operand)


@pytest.mark.parametrize("comparison", sorted(COMPARE))
def test_doubles_beside_the_operand(comparison: Operator) -> None:
    for operand in (0.0, 0.1, 5e-324, MAX, 2**53 + 1, 2**63 - 1, -(2**63)):
        for stored in neighbours(float(operand), 3):
            if math.isfinite(stored):
                interval = float_interval(comparison, operand)
                inside = interval is not None and interval[0] <= stored <= interval[1]
                assert inside == COMPARE[comparison](stored, operand), (operand, stored)


def test_neighbours_are_every_double_around() -> None:
    assert neighbours(0.0, 2) == [-1e-323, -5e-324, 0.0, 5e-324, 1e-323]
    assert neighbours(MAX, 1)[-1] == math.inf
    assert neighbours(1.5, 0) == [1.5]
