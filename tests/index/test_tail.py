import gc
import weakref

import numpy as np
import pytest

from vecstore.index import tail as tails
from vecstore.index.tail import Tail


@pytest.fixture
def tail(monkeypatch):
    monkeypatch.setattr(tails, "_BLOCK_BYTES", 0)
    monkeypatch.setattr(tails, "_FEWEST_ROWS", 10)
    return Tail(4)


def rows(start, count):
    labels = np.arange(start, start + count)
    return labels, labels.astype(np.uint32), np.repeat(labels[:, None], 4, 1).astype(np.float32)


def labels_of(pieces):
    return [label for piece in pieces for label in piece.labels.tolist()]


def test_queue(tail):
    tail.append(*rows(0, 25))
    tail.append(*rows(25, 3))
    assert (len(tail), tail.nbytes) == (28, 28 * 16)
    assert labels_of(tail.view()) == list(range(28))
    got = []
    while len(tail):
        piece = tail.front(4)
        assert 1 <= len(piece.labels) <= 4
        assert piece.values[:, 0].tolist() == piece.labels.tolist() == piece.crcs.tolist()
        got += piece.labels.tolist()
        tail.advance(len(piece.labels))
    assert got == list(range(28))
    assert (tail.nbytes, tail.view()) == (0, [])


def test_a_view_stays_as_it_was(tail):
    tail.append(*rows(0, 14))
    view = tail.view()
    tail.append(*rows(14, 30))
    tail.advance(len(tail.front(100).labels))
    tail.advance(len(tail.front(100).labels))
    assert labels_of(view) == list(range(14))
    assert [float(v) for piece in view for v in piece.values[:, 3]] == list(range(14))


def test_memory_goes_back_block_by_block(tail):
    tail.append(*rows(0, 20))
    watched = [weakref.ref(block.values) for block in tail._blocks]
    tail.advance(len(tail.front(10).labels))
    gc.collect()
    assert [ref() is None for ref in watched] == [True, False]
    tail.advance(len(tail.front(10).labels))
    gc.collect()
    assert watched[1]() is None


def test_wide_vectors_have_blocks_too():
    tail = Tail(65_536)
    values = np.ones((70, 65_536), np.float32)
    tail.append(np.arange(70), np.zeros(70, np.uint32), values)
    assert len(tail.view()) == 2
