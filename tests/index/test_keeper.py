"""The background work: back-pressure, failure, when a snapshot is written."""

import logging
import threading
import time

import numpy as np
import pytest

from vecstore.errors import Overloaded, StorageError
from vecstore.index import keeper
from vecstore.index.graph import Graph
from vecstore.index.snapshot import Snapshots

WAIT = 60


@pytest.fixture
def gate(monkeypatch):
    """Nothing leaves the tail until this is set."""
    gate = threading.Event()
    plan = Graph.plan

    def wait(self, *arguments):
        assert gate.wait(WAIT)
        return plan(self, *arguments)

    monkeypatch.setattr(Graph, "plan", wait)
    yield gate
    gate.set()


@pytest.fixture
def breaking(wrapped):
    """A spec whose index fails as it takes in the vectors beyond the first hundred."""

    def make():
        def add(self, keys, values):
            if len(self.inner) + len(keys) > 100:
                self.inner.add(keys[:1], values[:1])
                raise RuntimeError("cand error")
            self.inner.add(keys, values)

        return wrapped(add=add)[0]

    return make


def test_back_pressure(make_field, random, gate):
    field = make_field(settings={"max_tail_bytes": 16 * 4 * 100})
    field.open()
    field.index.wait_for_room(0)
    field.fill(random(99), "a")
    field.index.wait_for_room(0)
    with pytest.raises(Overloaded):
        field.index.wait_for_room(0.01, 0.5)
    field.fill(random(1), "b")
    with pytest.raises(Overloaded, match="wait for the index") as caught:
        field.index.wait_for_room(0.01)
    assert caught.value.retry_after > 0
    waiting = threading.Thread(target=lambda: field.index.wait_for_room(WAIT))
    waiting.start()
    gate.set()
    waiting.join(WAIT)
    assert not waiting.is_alive()
    assert field.index.wait_until_indexed(WAIT)


@pytest.mark.parametrize("limit", [0, 1])
def test_where_nothing_waits_there_is_room(make_field, limit):
    field = make_field(settings={"max_tail_bytes": limit})
    field.open()
    field.index.wait_for_room(0, 0.5)


def test_waiting_for_the_graph(make_field, random, gate):
    field = make_field()
    field.open()
    assert field.index.wait_until_indexed(0)
    field.fill(random(10))
    assert not field.index.wait_until_indexed(0.01)
    assert field.index.indexed == 0
    gate.set()
    assert field.index.wait_until_indexed(WAIT)
    assert field.index.indexed == 10


def test_failure_is_told_and_answers_stay_right(make_field, random, breaking, caplog):
    field = make_field(breaking(), settings={"max_tail_bytes": 16 * 4 * 100})
    field.open()
    vectors = random(260)
    field.fill(vectors[:90], "a")
    assert field.index.wait_until_indexed(WAIT)
    field.fill(vectors[90:120], "b")
    with pytest.raises(StorageError, match="cand error"):
        field.index.wait_until_indexed(WAIT)
    assert [str(error) for error in field.errors] == ["cand error"]
    assert "stopped" in caplog.text
    field.check_exact(vectors[::20])
    field.write([("new", vectors[0])], deletes=["a0", "b3"])
    field.check_exact(vectors[::20])
    labels = np.array([label for label, _ in field.rows.values()])
    found = field.index.search(vectors[5], 9, allowed=labels[::2])
    assert [h[1:] for h in found] == [h[1:] for h in field.oracle(vectors[5], 9, labels[::2])]
    assert len(field.index.vectors(labels)) == len(labels)
    field.fill(vectors[120:], "c")
    with pytest.raises(StorageError, match="cand error"):
        field.index.wait_for_room(WAIT)
    with pytest.raises(StorageError, match="cand error"):
        field.index.snapshot()
    field.index.close()
    assert not field.folder.exists()


def test_failure_while_somebody_waits(make_field, random, wrapped):
    reached, go = threading.Event(), threading.Event()

    def add(self, keys, values):
        reached.set()
        assert go.wait(WAIT)
        raise MemoryError("no room")

    field = make_field(wrapped(add=add)[0])
    field.open()
    field.fill(random(5))
    assert reached.wait(WAIT)
    caught = []

    def wait(call):
        try:
            call()
        except StorageError as error:
            caught.append(error)

    calls = [lambda: field.index.wait_until_indexed(WAIT), field.index.snapshot]
    threads = [threading.Thread(target=wait, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()
    assert len(caught) == 2


def test_index_that_cannot_even_be_read(make_field, random, wrapped):
    def broken(self, *_):
        raise RuntimeError("gone")

    field = make_field(wrapped(remove=broken, vectors=broken)[0])
    field.open()
    field.fill(random(20))
    assert field.index.wait_until_indexed(WAIT)
    field.write(deletes=["r1"])
    with pytest.raises(StorageError):
        field.index.wait_until_indexed(WAIT)
    with pytest.raises(StorageError, match="gone"):
        field.index.search(random(1)[0], 3)


def test_search_that_falls_short_is_made_good(make_field, random, wrapped):
    """A backend that returns less than it has."""
    spec, _ = wrapped(search=lambda self, query, k: self.inner.search(query, max(1, k // 2)))
    field = make_field(spec)
    field.open()
    field.fill(random(50))
    assert field.index.wait_until_indexed(WAIT)
    field.check_exact(random(5, seed=2), 10)
    field.check_exact(random(5, seed=2), 100)


def test_snapshot_after_a_while_of_quiet(make_field, random):
    field = make_field(settings={"snapshot_seconds": 0.05})
    field.open()
    field.fill(random(30))
    manifest = field.folder / "manifest.json"
    deadline = threading.Event()
    for _ in range(600):
        if manifest.exists():
            break
        deadline.wait(0.05)
    assert manifest.exists()


def test_a_snapshot_that_took_long_is_not_soon_written_again(make_field, random, monkeypatch):
    written = threading.Semaphore(0)
    write = Snapshots.write

    def slowly(self, *arguments):
        time.sleep(0.02)
        write(self, *arguments)
        written.release()

    monkeypatch.setattr(Snapshots, "write", slowly)
    monkeypatch.setattr(keeper, "_WRITING_SHARE", 0.02 / WAIT)
    field = make_field(settings={"snapshot_seconds": 0.01})
    field.open()
    field.fill(random(30), "a")
    assert written.acquire(timeout=WAIT)
    field.fill(random(30), "b")
    field.settle()
    assert not written.acquire(timeout=0.3)
    field.index.snapshot()  # whoever asks for one has it
    assert written.acquire(blocking=False)
    field.fill(random(30), "c")
    field.settle()
    field.index.close()
    assert written.acquire(blocking=False)


def test_a_snapshot_waits_for_an_hour_at_most():
    now = time.monotonic()
    assert keeper._rested(now) - now < 1
    assert 3599 < keeper._rested(now - 1e6) - now < 3700


def test_snapshot_at_close_only_where_something_changed(make_field, random):
    field = make_field()
    field.open()
    field.index.close()
    assert not field.folder.exists()
    field.open()
    field.fill(random(30))
    field.settle()
    field.index.close()
    written = (field.folder / "manifest.json").stat().st_mtime_ns
    field.open()
    field.settle()
    field.index.close()
    assert (field.folder / "manifest.json").stat().st_mtime_ns == written
    field.open()
    field.write(deletes=["r3"])
    field.index.close()
    assert (field.folder / "manifest.json").stat().st_mtime_ns != written


def test_close_does_not_wait_for_the_tail(make_field, random, hold):
    field = make_field()
    field.open()
    field.fill(random(50), "a")
    field.settle()
    hold(field.index)
    field.fill(random(50, seed=1), "b")
    field.index.close()
    field.fetched.clear()
    field.open()
    assert sorted(field.fetched) == sorted(
        label for id_, (label, _) in field.rows.items() if id_.startswith("b")
    )
    assert field.recall(random(5, seed=2)) >= 0.95


def test_a_snapshot_that_fails_does_no_harm(make_field, random, monkeypatch, caplog):
    field = make_field()
    field.open()
    field.fill(random(40))
    field.settle()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(StorageError, match="No space left"):
            field.index.snapshot()
        assert field.recall(random(5, seed=1)) >= 0.95
        field.write([("later", random(1)[0])])
        assert field.index.wait_until_indexed(WAIT)
        field.index.close()
    assert "No space left" in caplog.text
    assert not field.errors
    field.open()
    assert not field.index.restored
    field.check_exact(random(5, seed=1))


def test_unchanged_index_is_not_checked_for_changes_forever(make_field, random, caplog):
    caplog.set_level(logging.DEBUG)
    field = make_field()
    field.open()
    field.fill(random(10))
    field.settle()
    field.index.snapshot()
    assert field.index._keeper._work() is None


def test_many_changes_without_quiet_are_saved(make_field, random, monkeypatch):
    monkeypatch.setattr("vecstore.index.keeper._FEWEST_CHANGES", 20)
    monkeypatch.setattr("vecstore.index.keeper._PAUSES", 0)
    field = make_field()
    field.open()
    field.fill(random(100))
    field.settle()
    assert (field.folder / "manifest.json").exists()


def test_pieces_are_small_while_searches_wait_and_not_where_only_writes_do(
    make_field, random, monkeypatch
):
    monkeypatch.setattr(keeper, "_QUIET_AFTER", 1000.0)
    field = make_field("hnsw")
    index = field.open()
    lock, kept = index._state.lock, index._keeper
    lock.waits += 1
    field.write([(str(n), vector) for n, vector in enumerate(random(40))])
    assert index.wait_until_indexed(WAIT)
    assert kept._chunk() == keeper._LARGE

    def searched_meanwhile(graph, batch, present):
        lock.reader_waits += 1
        absorb(graph, batch, present)

    absorb = Graph.absorb
    monkeypatch.setattr(Graph, "absorb", searched_meanwhile)
    field.write([("last", random(1, seed=9)[0])])
    assert index.wait_until_indexed(WAIT)
    assert kept._chunk() == keeper._SMALL
