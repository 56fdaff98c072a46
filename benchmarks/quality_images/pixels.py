"""What pixels alone tell, raw and with their principal components at equal variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.quality.votes import told
from benchmarks.quality_images import clothing
from benchmarks.quality_images.clothing import Clothing
from benchmarks.quality_images.probes import (
    LOGISTIC,
    NEIGHBOURS,
    PERCEPTRON,
    PROBES,
    K,
    Right,
    Sides,
    logistic,
    neighbours,
)
from vecstore.evaluation.matrices import unit_rows
from vecstore.spaces import FloatArray

SIDE = 64
SMALL = 32  # a regression on more pixels than photos gains nothing by still more of them
WHITENED = "whitened PCA of pixels"
RAW = "raw pixels"
COMPONENTS = (16, 32, 64, 128, 256)
_RANDOM = 0


@dataclass(frozen=True, slots=True)
class Pixels:
    """Photos of clothes, and what each baseline makes of the test photos.

    Args:
        clothing: the photos.
        right: which test photos are told right, by the name of the baseline.
    """

    clothing: Clothing
    right: dict[str, Right]


@cache
def baselines(data: Path) -> Pixels:
    """Read the photos, and judge their pixels; done once, whoever asks how often."""
    found = clothing.read(data)
    raw = _pixels(found, SIDE)
    whitened = _whitened(found, raw)
    right = {
        f"{RAW}, {NEIGHBOURS}": neighbours(found, raw),
        f"{RAW}, {LOGISTIC}": logistic(found, _pixels(found, SMALL)),
    }
    for probe in (NEIGHBOURS, LOGISTIC, PERCEPTRON):
        right[f"{WHITENED}, {probe}"] = PROBES[probe](found, whitened)
    return Pixels(found, right)


def flat(images: Sequence[bytes], side: int) -> FloatArray:
    """The pixels of each image in one row, in [0, 1]; shape (n, side * side * 3)."""
    rows = clothing.squares(images, side).reshape(len(images), -1)
    return rows.astype(np.float32) / np.float32(255)


def _pixels(found: Clothing, side: int) -> Sides:
    return Sides(*(flat(part.images, side) for part in (found.train, found.validation, found.test)))


def _whitened(found: Clothing, raw: Sides) -> Sides:
    """As many components as serve the neighbours of the validation photos best."""
    from sklearn.decomposition import PCA

    most = min(COMPONENTS[-1], len(raw.train) - 1, raw.train.shape[1])
    whole = PCA(most, whiten=True, svd_solver="randomized", random_state=_RANDOM).fit(raw.train)
    every = raw.each(whole.transform)

    def share(count: int) -> float:
        known, asked = (unit_rows(rows[:, :count]) for rows in (every.train, every.validation))
        guessed = told(known, found.train.labels, asked, K)
        return float((guessed == found.validation.labels).mean())

    best = max((count for count in COMPONENTS if count <= most), key=share, default=most)
    return every.each(lambda rows: rows[:, :best])
