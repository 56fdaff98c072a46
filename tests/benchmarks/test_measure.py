import os
import threading

import numpy as np
import pytest

from benchmarks.ground import Ground, part
from benchmarks.measure import Rounds, interleave, resident_bytes, spread


def test_the_two_sides_take_turns() -> None:
    order: list[str] = []
    interleave(lambda _: order.append("ours"), lambda _: order.append("peer"), 2)
    assert order == ["ours", "peer"] * 3


def test_ratios_are_medians_of_rounds() -> None:
    ours, busy, peer = np.array([2.0, 2.0, 50.0]), np.array([1.25, 1.25, 1.25]), np.ones(3)
    rounds = Rounds(ours, peer, busy, peer)
    assert rounds.quicker() == (0.26, 0.5, 0.5)
    assert rounds.thriftier() == 0.8


@pytest.mark.parametrize("threads", [1, 3])
def test_every_item_is_worked_on_once(threads: int) -> None:
    seen: list[int] = []
    lock = threading.Lock()

    def work(item: int) -> None:
        with lock:
            seen.append(item)

    spread(range(10), work, threads)
    assert sorted(seen) == list(range(10))


def test_a_failure_in_a_thread_is_heard() -> None:
    with pytest.raises(ZeroDivisionError):
        spread([1, 0], lambda item: 1 // item, 2)


def test_resident_memory_grows_with_what_is_held() -> None:
    before = resident_bytes()
    if before is None:
        pytest.skip("needs /proc")
    held = bytearray(os.urandom(1)) * (64 * 1024 * 1024)
    after = resident_bytes()
    assert after is not None
    assert after - before > 0.9 * len(held)


def test_what_asks_is_never_stored(tmp_path) -> None:
    rows = np.random.default_rng(0).standard_normal((400, 8)).astype(np.float16)
    ground = Ground(rows, (100, 250), 3, tmp_path)
    stored = {row.tobytes() for row in ground.vectors(250)}
    asked = {row.tobytes() for row in ground.queries()}
    assert (len(stored), len(asked)) == (250, 150)
    assert not stored & asked
    assert {row.tobytes() for row in ground.vectors(100)} < stored


def test_vectors_are_the_rows_at_unit_length(tmp_path) -> None:
    rows = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float16)
    vectors = Ground(rows, (200,), 3, tmp_path).vectors(200)
    exact = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1)[:, None]
    assert vectors.dtype == np.float32
    assert np.abs(vectors.astype(np.float64) @ exact.T).max(axis=1) == pytest.approx(1, abs=1e-5)


def test_rounds_ask_with_different_queries() -> None:
    queries = np.empty((250, 4), np.float32)
    assert [part(queries, number, 100) for number in range(3)] == [
        slice(0, 100),
        slice(100, 200),
        slice(0, 100),
    ]
