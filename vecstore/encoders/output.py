"""What an encoder gives back is believed only after a look at its form."""

from __future__ import annotations

import numpy as np

from vecstore.errors import PluginError
from vecstore.spaces import FloatArray
from vecstore.specs import Encoder


def checked_output(encoder: Encoder, values: object, count: int, name: str = "") -> FloatArray:
    """The vectors of ``count`` inputs, in the form that every encoder owes.

    Args:
        encoder: whose they are.
        values: what its ``encode`` returned.
        count: how many inputs it was given.
        name: how messages call it.

    Raises:
        PluginError: no float32 array of shape (count, dim), or not finite.
    """
    shape = (count, encoder.dim)
    if (
        isinstance(values, np.ndarray)
        and values.dtype == np.float32
        and values.shape == shape
        and np.isfinite(values).all()
    ):
        return values
    form = type(values).__name__
    if isinstance(values, np.ndarray):
        form = f"{values.dtype} of shape {values.shape}"
    raise PluginError(
        f"{name or type(encoder).__name__}: encode gave {form} where finite float32 of shape "
        f"{shape} was needed; the author of its plugin can find the fault with "
        "vecstore.testing.EncoderContract"
    )
