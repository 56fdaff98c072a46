import subprocess
import sys
import threading

from vecstore.index.worker import Worker

WAIT = 60


def test_steps_until_stopped():
    called, done = [], threading.Event()

    def step():
        called.append(1)
        if len(called) == 5:
            done.set()
        return None if len(called) >= 5 else 0.0

    worker = Worker(step, called.append, "test")
    worker.start()
    assert done.wait(WAIT)
    worker.stop()
    assert len(called) == 5


def test_wakes():
    steps = []
    more = threading.Semaphore(0)

    def step():
        steps.append(1)
        more.release()

    worker = Worker(step, steps.append, "test")
    worker.start()
    for _ in range(3):
        assert more.acquire(timeout=WAIT)
        worker.wake()
    assert more.acquire(timeout=WAIT)
    worker.stop()
    assert len(steps) == 4


def test_what_comes_during_a_step_is_not_missed():
    steps = []
    second = threading.Event()

    def step():
        steps.append(1)
        if len(steps) == 1:
            worker.wake()
        else:
            second.set()

    worker = Worker(step, steps.append, "test")
    worker.start()
    assert second.wait(WAIT)
    worker.stop()


def test_tells_why_it_ended():
    told = threading.Event()
    errors = []

    def failed(error):
        errors.append(error)
        told.set()

    def step():
        raise MemoryError("no more")

    worker = Worker(step, failed, "test")
    worker.start()
    assert told.wait(WAIT)
    worker.stop()
    assert [str(error) for error in errors] == ["no more"]


UNCLOSED = """
import zlib
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from vecstore.config import Settings
from vecstore.index.builtin import index_backends
from vecstore.index.live import LiveIndex
from vecstore.spaces import Metric, Space

index = LiveIndex(index_backends(Settings())[0], Space("m", "1", 64, "f" * 64), Metric.COSINE,
                  Path("unused"), Settings(), store_id="s", field_key="f")
none = SimpleNamespace(labels=np.empty(0, np.int64), ids=[], crcs=np.empty(0, np.uint32))
index.open(none, None)
values = np.random.default_rng(0).standard_normal((30_000, 64)).astype(np.float32)
index.applied_write([], range(1, 30_001), list(map(str, range(30_000))),
                    [zlib.crc32(v) for v in values], values)
assert not index.wait_until_indexed(0.2)
"""


def test_leaving_without_closing_is_no_crash(tmp_path):
    """The interpreter ends while native code builds the graph."""
    done = subprocess.run(
        [sys.executable, "-c", UNCLOSED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
