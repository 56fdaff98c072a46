import numpy as np
import pytest

from benchmarks.quality_text.seeds import TwoSpaces


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def one():
    return unit(np.random.default_rng(0).normal(size=(400, 20)))


@pytest.fixture
def rotation():
    return np.linalg.qr(np.random.default_rng(1).normal(size=(20, 20)))[0].astype(np.float32)


def test_a_space_and_itself(one):
    both = TwoSpaces(one, one)
    assert both.cosine() == pytest.approx(1.0)
    assert both.shared() == both.mapped() == 1.0


def test_a_turned_space_shares_nothing_until_it_is_turned_back(one, rotation):
    both = TwoSpaces(one, one @ rotation)
    assert abs(both.cosine()) < 0.15
    assert both.shared() < 0.05
    assert both.mapped() == 1.0


def test_no_map_joins_what_has_nothing_in_common(one):
    other = unit(np.random.default_rng(2).normal(size=one.shape))
    assert TwoSpaces(one, other).mapped() < 0.1
