"""The pace of a filling, and what is told of its progress."""

import os
import sys
import threading

import pytest

from vecstore.reembedding import pace
from vecstore.reembedding.pace import Pace, step_aside
from vecstore.reembedding.pages import batches
from vecstore.reembedding.progress import Progress
from vecstore.storage.staging import Unmoved


class Clock:
    """Seconds on the clock, and of the processors, as told."""

    def __init__(self):
        self.now = self.busy = 0.0

    def perf_counter(self):
        return self.now

    def process_time(self):
        return self.busy

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    return clock


@pytest.mark.parametrize(
    ("cores", "threads", "rest"), [(0.5, 4, 1.0), (0.25, 4, 3.0), (0.5, 1, 0.0), (1.0, 4, 0.0)]
)
def test_rests_are_what_is_left_of_the_cores(clock, cores, threads, rest):
    one = Pace(cores)
    one.begin()
    clock.now, clock.busy = 1.0, threads * 1.0
    one.encoded(64, 0.9)
    assert one.rest() == pytest.approx(rest)


def test_a_quick_encoder_gets_little_at_a_time_and_rests_by_the_clock(clock):
    one = Pace(0.25)
    one.begin()
    clock.now = clock.busy = 0.01
    one.encoded(64, 0.008)
    assert (one.size, one.rest()) == (16, pytest.approx(0.03))
    alone = Pace(1.0)
    alone.encoded(64, 0.008)
    assert alone.size == 128


def test_batches_take_about_a_quarter_of_a_second():
    one = Pace(1.0)
    for _ in range(9):
        one.encoded(one.size, 0.02 * one.size)
    assert one.size == 8
    for _ in range(9):
        one.encoded(one.size, 0.002 * one.size)
    assert one.size == 64
    for _ in range(9):
        one.encoded(one.size, 0.0)
    assert one.size == 256


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of threads is Linux's own")
def test_one_thread_steps_aside_alone():
    found = []

    def run():
        step_aside()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [max(10, os.nice(0))]


def test_batches_by_length_of_the_size_asked_for_by_then():
    lengths = (3, 9, 1, 7, 5, 2, 8)
    page = [Unmoved(f"r{n}", n, b"", text="a" * n) for n in lengths]
    page += [Unmoved("image", 9, b"", image=b"b" * 6), Unmoved("none", 10, b"")]
    sizes = iter((2, 4, 9))
    found = [[one.id for one in batch] for batch in batches(page, lambda: next(sizes))]
    assert found == [["r9", "r8"], ["r7", "image", "r5", "r3"], ["r2", "r1", "none"]]


def test_progress_tells_the_last_minute():
    clock = Clock()
    one = Progress(clock)
    assert (one.done, one.total, one.rate, one.seconds_left) == (0, 0, None, None)
    one.expect(1000)
    assert (one.rate, one.seconds_left) == (None, None)
    for _ in range(30):
        clock.now += 1
        one.advance(10)
    assert (one.done, one.total, one.rate, one.seconds_left) == (300, 1000, 10.0, 70.0)
    for _ in range(60):
        clock.now += 1
        one.advance(5)
    assert (one.done, one.rate, one.seconds_left) == (600, 5.0, 80.0)
    # Gone on with: what was done stays done.
    one.expect(100)
    assert (one.done, one.total) == (600, 700)
    one.advance(150)
    assert (one.total, one.seconds_left) == (750, 0.0)
    clock.now += 200
    assert (one.rate, one.seconds_left) == (None, None)
