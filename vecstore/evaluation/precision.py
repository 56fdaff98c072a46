"""Numbers kept in fewer bytes, as stores that compress vectors keep them.

Vectors come back as float32, so that what is lost can be measured by the cosine of any others:
nothing here is faster or smaller than what it stands for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vecstore.spaces import FloatArray

_STEPS = 255


class Ranges(NamedTuple):
    """From where to where each dimension goes: what an int8 store keeps once beside its codes.

    Args:
        low: the smallest number of each dimension; shape (dim,), float32.
        step: by how much a code changes it; shape (dim,), float32, above zero.
    """

    low: FloatArray
    step: FloatArray


def half(values: FloatArray) -> FloatArray:
    """Numbers as 16 bits hold them (IEEE 754 binary16); shape (n, dim), float32."""
    greatest = float(np.finfo(np.float16).max)
    kept: FloatArray = np.clip(values, -greatest, greatest).astype(np.float16).astype(np.float32)
    return kept


def fit_ranges(values: FloatArray) -> Ranges:
    """The range of each dimension, from its smallest to its greatest number.

    Args:
        values: what is to be stored; shape (n, dim), n at least 1.
    """
    low, high = values.min(axis=0), values.max(axis=0)
    step = (high - low) / np.float32(_STEPS)
    return Ranges(low, np.where(step > 0, step, np.float32(1)).astype(np.float32))


def int8(values: FloatArray, ranges: Ranges) -> FloatArray:
    """Numbers as 8 bits hold them: the nearest of 256 steps within each dimension's range.

    Args:
        values: shape (n, dim).
        ranges: by :func:`fit_ranges`, of what is stored.

    Returns:
        Shape (n, dim), float32.
    """
    codes = np.clip(np.rint((values - ranges.low) / ranges.step), 0, _STEPS)
    kept: FloatArray = (ranges.low + codes * ranges.step).astype(np.float32)
    return kept


def sign(values: FloatArray) -> FloatArray:
    """One bit a number: 1 above zero, else -1.

    The cosine of two such vectors falls as their Hamming distance grows, so that both put the same
    vectors first.
    """
    kept: FloatArray = np.where(values > 0, 1, -1).astype(np.float32)
    return kept
