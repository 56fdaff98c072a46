"""The form of the numbers of a vector, whatever space they are said to be of."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidVector

_LITTLE = np.dtype("<f4")


def check_values(values: object, field: str = "vector") -> NDArray[np.float32]:
    """The form of a vector: dtype, shape, emptiness, finiteness.

    Returns:
        A read-only float32 copy of shape (n,).

    Raises:
        InvalidVector: what is wrong with it.
    """
    if isinstance(values, np.ndarray):
        if values.dtype != np.float32:
            raise InvalidVector(
                f"the values of {field} have dtype {values.dtype}; float32 is needed: "
                "convert them with .astype('float32')",
                field=field,
            )
        array = np.array(values, _LITTLE, order="C")
    elif isinstance(values, Sequence) and not isinstance(values, str | bytes):
        if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            raise InvalidVector(
                f"the values of {field} are not all numbers; give floats or a float32 array",
                field=field,
            )
        with np.errstate(over="ignore"):
            array = np.array(values, _LITTLE)
    else:
        raise InvalidVector(
            f"{field} is a {type(values).__name__}; give a float32 array or a list of floats",
            field=field,
        )
    if array.ndim != 1 or array.size == 0:
        raise InvalidVector(
            f"{field} has shape {array.shape}; one dimension with at least one number is needed",
            field=field,
        )
    # The sum of the squares tells in half the time; where it leaves float32 it says nothing. Unlike
    # array.dot, vdot does not warn of that.
    if not math.isfinite(np.vdot(array, array)) and not np.isfinite(array).all():
        where = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InvalidVector(
            f"{field} holds {array[where]} at position {where}; every number must be finite",
            field=field,
        )
    array.setflags(write=False)
    return array
