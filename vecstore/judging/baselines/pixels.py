"""Images as their pixels: small squares, raw, and whitened."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vecstore.evaluation.matrices import Vectors
from vecstore.inputs import Frame, image_square
from vecstore.judging.baselines.unfit import Unfit
from vecstore.records import Input
from vecstore.spaces import FloatArray

_FRAME = Frame(32)
_DIRECTIONS = 128
_MOST_THREADS = 8
# No grey of 8 bits lies here, so that no image is all zeros.
_MIDDLE = 127.5
_NOTHING = 1e-7


def raw_pixels(inputs: Sequence[Input], others: Sequence[Input]) -> tuple[Vectors, Vectors]:
    """The middle square at 32 x 32 pixels, RGB: rows of 3,072 numbers from -1 to 1."""
    return _pixels(inputs), _pixels(others)


def whitened_pixels(inputs: Sequence[Input], others: Sequence[Input]) -> tuple[Vectors, Vectors]:
    """Raw pixels by their 128 principal components, each scaled to variance 1.

    Raises:
        Unfit: the images do not differ.
    """
    from sklearn.decomposition import PCA

    rows = _pixels(inputs)
    most = min(_DIRECTIONS, len(rows) - 1, rows.shape[1])
    if most < 1:
        raise Unfit("one image has no principal components")
    model = PCA(most, random_state=0).fit(rows)
    variances = model.explained_variance_
    used = int((variances > _NOTHING).sum())
    if not used:
        raise Unfit("the images do not differ")
    scale = np.sqrt(variances[:used])

    def whitened(pixels: FloatArray) -> FloatArray:
        if not len(pixels):
            return np.empty((0, used), np.float32)
        found: FloatArray = (model.transform(pixels)[:, :used] / scale).astype(np.float32)
        return found

    return whitened(rows), whitened(_pixels(others))


def _pixels(inputs: Sequence[Input]) -> FloatArray:
    found = np.empty((len(inputs), 3 * _FRAME.side**2), np.float32)
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        for row, pixels in enumerate(pool.map(_square, inputs)):
            found[row] = pixels
    return found


def _square(one: Input) -> FloatArray:
    assert isinstance(one.data, bytes)  # noqa: S101 - of an image
    flat = image_square(one.data, _FRAME).reshape(-1).astype(np.float32)
    found: FloatArray = (flat - _MIDDLE) / _MIDDLE
    return found
