"""Values that every test of the wire needs."""

import pytest

from vecstore.spaces import Space


@pytest.fixture
def space():
    return Space("model", "1", 4, "ab" * 32, "pca:4")
