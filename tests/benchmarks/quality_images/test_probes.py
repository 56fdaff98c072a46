"""What probes tell from vectors that tell it, and from vectors that do not."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from benchmarks.quality_images import clothing, pixels
from benchmarks.quality_images.probes import PROBES, Sides


@pytest.fixture
def found(clothes):
    return clothing.read(clothes)


def vectors(found, of_label):
    rng = np.random.default_rng(1)

    def side(part):
        noise = rng.normal(size=(len(part.labels), 6))
        return (noise * 0.1 + of_label(part.labels)).astype(np.float32)

    return Sides(side(found.train), side(found.validation), side(found.test))


@pytest.mark.parametrize("probe", list(PROBES))
def test_what_is_in_the_vectors_is_told(found, probe):
    tells = vectors(found, lambda labels: np.eye(3, 6)[labels])
    assert PROBES[probe](found, tells).mean() > 0.8


@pytest.mark.parametrize("probe", list(PROBES))
def test_what_is_not_in_them_is_not(found, probe):
    silent = vectors(found, lambda labels: np.ones((len(labels), 6)))
    assert PROBES[probe](found, silent).mean() < 0.7


def test_scale_and_place_do_not_matter_to_the_regression(found):
    tells = vectors(found, lambda labels: np.eye(3, 6)[labels])
    moved = tells.each(lambda rows: rows * 1000 + 7)
    assert (PROBES["logistic"](found, tells) == PROBES["logistic"](found, moved)).all()


def test_pixels_are_judged_raw_and_whitened(clothes):
    right = pixels.baselines(clothes).right
    assert sorted(right) == [
        "raw pixels, 20-NN",
        "raw pixels, logistic",
        "whitened PCA of pixels, 20-NN",
        "whitened PCA of pixels, logistic",
        "whitened PCA of pixels, perceptron",
    ]
    # Each kind has a colour of its own.
    assert right["raw pixels, logistic"].mean() == 1.0
    assert all(one.shape == (18,) for one in right.values())
