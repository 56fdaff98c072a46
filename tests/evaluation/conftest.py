"""Vectors of a few classes that lie apart, some of them closely."""

import numpy as np
import pytest

CLASSES, EACH, DIM = 5, 30, 16


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def labels():
    return [f"class {number}" for number in np.repeat(np.arange(CLASSES), EACH)]


@pytest.fixture
def vectors(rng):
    """Shape (150, 16), float32, not of length 1; no clustering of them is perfect."""
    centres = np.repeat(rng.standard_normal((CLASSES, DIM)), EACH, axis=0)
    return (centres + rng.standard_normal((CLASSES * EACH, DIM))).astype(np.float32)


@pytest.fixture
def rotation(rng):
    return np.linalg.qr(rng.standard_normal((DIM, DIM)))[0].astype(np.float32)


@pytest.fixture
def sparse(vectors):
    """The same with a third of the numbers, and one row that has none."""
    from scipy.sparse import csr_matrix

    kept = np.where(vectors > 0.5, vectors, 0)
    kept[3] = 0
    return csr_matrix(kept)
