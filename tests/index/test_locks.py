import threading

import pytest

from vecstore.index.locks import ReadersWriterLock

WAIT = 30


@pytest.fixture
def lock():
    return ReadersWriterLock()


class Party(threading.Thread):
    """A thread that takes one side of a lock, says so, and leaves when told."""

    def __init__(self, side, log=None, name=""):
        super().__init__(daemon=True)
        self.side, self.log, self.label = side, log, name
        self.inside, self.leave = threading.Event(), threading.Event()
        self.start()

    def run(self):
        with self.side():
            if self.log is not None:
                self.log.append(self.label)
            self.inside.set()
            assert self.leave.wait(WAIT)

    def entered(self):
        return self.inside.wait(WAIT)

    def done(self):
        self.leave.set()
        self.join(WAIT)
        assert not self.is_alive()


def until_waiting(lock, count):
    """Waits until so many have had to wait: the lock counts them as they queue."""
    for _ in range(10_000_000):
        if lock.waits >= count:
            return
    pytest.fail(f"{lock.waits} of {count} wait")


def test_readers_share(lock):
    parties = [Party(lock.reading) for _ in range(4)]
    assert all(party.entered() for party in parties)
    for party in parties:
        party.done()
    assert lock.waits == 0


def test_writer_is_alone(lock):
    reader = Party(lock.reading)
    assert reader.entered()
    writer = Party(lock.writing)
    until_waiting(lock, 1)
    assert not writer.inside.is_set()
    reader.done()
    assert writer.entered()
    second, late = Party(lock.writing), Party(lock.reading)
    until_waiting(lock, 3)
    assert not second.inside.is_set()
    assert not late.inside.is_set()
    writer.done()
    assert late.entered()
    late.done()
    assert second.entered()
    second.done()


def test_reader_waits_behind_a_waiting_writer(lock):
    first = Party(lock.reading)
    assert first.entered()
    writer = Party(lock.writing)
    until_waiting(lock, 1)
    late = Party(lock.reading)
    until_waiting(lock, 2)
    assert not late.inside.is_set()
    first.done()
    assert writer.entered()
    assert not late.inside.is_set()
    writer.done()
    assert late.entered()
    late.done()


def test_readers_go_between_writers(lock):
    """A queue of writers cannot starve a reader."""
    log = []
    first = Party(lock.writing, log, "w1")
    assert first.entered()
    others = []
    for count, name in enumerate(("w2", "w3"), 1):
        others.append(Party(lock.writing, log, name))
        until_waiting(lock, count)
    reader = Party(lock.reading, log, "r")
    until_waiting(lock, 3)
    first.done()
    assert reader.entered()
    assert log == ["w1", "r"]
    reader.done()
    for other in others:
        assert other.entered()
        other.done()
    assert log == ["w1", "r", "w2", "w3"]


@pytest.mark.parametrize("admitted", [False, True])
def test_interrupted_waiting_leaves_no_trace(lock, monkeypatch, admitted):
    class Interrupting:
        """A gate that Ctrl-C breaks open, before or after somebody has let us in."""

        calls = 0

        def acquire(self):
            self.calls += 1
            if self.calls > 1:
                if admitted:
                    lock.release_write()
                raise KeyboardInterrupt

        def release(self):
            pass

    lock.acquire_write()
    with monkeypatch.context() as patch:
        patch.setattr("vecstore.index.locks.threading.Lock", Interrupting)
        with pytest.raises(KeyboardInterrupt):
            lock.acquire_read()
    if not admitted:
        lock.release_write()
    writer = Party(lock.writing)
    assert writer.entered()
    writer.done()
    reader = Party(lock.reading)
    assert reader.entered()
    reader.done()


def test_interrupted_writer_lets_readers_in(lock, monkeypatch):
    first = Party(lock.reading)
    assert first.entered()
    late = []

    class Interrupting:
        calls = 0

        def acquire(self):
            self.calls += 1
            if self.calls > 1:
                monkeypatch.undo()
                late.append(Party(lock.reading))
                until_waiting(lock, 2)
                raise KeyboardInterrupt

    monkeypatch.setattr("vecstore.index.locks.threading.Lock", Interrupting)
    with pytest.raises(KeyboardInterrupt):
        lock.acquire_write()
    assert late[0].entered()
    first.done()
    late[0].done()


def test_exclusion_under_load(lock):
    """Writers keep two numbers equal; no reader ever sees them differ."""
    state = [0, 0]
    seen = []

    def write():
        for _ in range(400):
            with lock.writing():
                state[0] += 1
                state[1] += 1

    def read():
        for _ in range(800):
            with lock.reading():
                seen.append(state[0] == state[1])

    threads = [threading.Thread(target=work) for work in (write, write, read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert state == [800, 800]
    assert all(seen)
