"""A live index at its edges: closed, empty, with few rows, without memory."""

from types import SimpleNamespace

import numpy as np
import pytest

from vecstore.errors import StorageError


def test_closed_index_writes_no_more_snapshots(make_field):
    field = make_field()
    field.open()
    field.index.close()
    with pytest.raises(StorageError, match="closed"):
        field.index.snapshot()


def test_sparse_labels(make_field, random):
    """Other fields use most labels."""
    field = make_field()
    field.open()
    field.fill(random(20), "a")
    field.label = 10_000_000
    field.fill(random(20, seed=1), "b")
    field.settle()
    assert field.recall(random(5, seed=7)) == 1.0
    field.index.close()
    field.open()
    assert field.index.indexed == 40
    assert field.recall(random(5, seed=7)) == 1.0


def test_empty_write(make_field):
    field = make_field()
    field.open()
    field.index.applied_write([], [], [], [], np.empty((0, 16), np.float32))
    field.index.applied_write([17], [], [], [], np.empty((0, 16), np.float32))
    assert field.index.count == 0


def test_first_rows_need_no_background_work(make_field, random, hold):
    """A rebuild answers rightly from the first moment."""
    field = make_field(settings={"max_tail_bytes": 1000})
    rows = random(500)
    field.rows = {f"r{n}": (n + 1, row) for n, row in enumerate(rows)}
    field.label = 500
    gate = SimpleNamespace(fetched=0)
    original = field.fetch
    field.fetch = lambda labels: (
        setattr(gate, "fetched", gate.fetched + len(labels)) or original(labels)
    )
    field.open()
    field.check_exact(random(5, seed=2), 10)
    assert gate.fetched == 500
    field.settle()
    assert field.recall(random(10, seed=3)) >= 0.95


def test_no_memory_for_a_write(make_field, random, monkeypatch):
    """What died is dead, what is new is not half there, and the next write goes on."""
    field = make_field()
    field.open()
    field.fill(random(20))
    field.settle()
    old = field.rows["r1"][0]
    with monkeypatch.context() as patch:
        patch.setattr(
            "vecstore.index.names.Names.put", lambda *_: (_ for _ in ()).throw(MemoryError)
        )
        with pytest.raises(MemoryError):
            field.write([("r1", random(1, seed=3)[0])])
    del field.rows["r1"]
    field.settle()
    field.check_exact(random(3, seed=4), 30)
    assert old not in {hit[2] for hit in field.index.search(random(1)[0], 30)}
    field.write([("r1", random(1, seed=5)[0])])
    field.settle()
    field.check_exact(random(3, seed=4), 30)
