"""The slope of memory: told where there is one."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import memory


@pytest.fixture
def ground(tmp_path):
    return SimpleNamespace(
        sizes=(100, 200), largest=200, folder=tmp_path, queries=lambda: np.zeros((1, 2))
    )


def resident(ours, peer):
    return lambda _ground, size, side, _queries: (ours if side == "store" else peer) * size


def test_the_slope_is_a_ratio(ground, monkeypatch):
    monkeypatch.setattr(memory, "_resident", resident(30, 20))
    (figure,) = memory.run(ground)
    assert figure.value == pytest.approx(1.5)


def test_no_memory_of_the_peer_has_no_ratio(ground, monkeypatch):
    monkeypatch.setattr(memory, "_resident", resident(30, 0))
    (figure,) = memory.run(ground)
    assert figure.value is None
    assert "no memory of their own" in figure.note
