import numpy as np

from vecstore.index import nodes as module
from vecstore.index.nodes import NONE, DigestIndex, Nodes, digests_of


def array(*values):
    return np.array(values, np.int64)


def test_a_label_is_its_own_node():
    nodes = Nodes()
    assert nodes.node(7) == 7
    assert nodes.release(7) == 7
    assert nodes.shared == {}


def test_a_node_dies_with_its_last_label():
    nodes = Nodes()
    nodes.attach(9, 5, own_present=True)
    nodes.attach(12, 5, own_present=True)
    assert nodes.shared == {5: {5, 9, 12}}
    assert [nodes.node(label) for label in (5, 9, 12)] == [5, 5, 5]
    assert nodes.release(5) is None
    assert nodes.release(9) is None
    assert nodes.shared == {5: {12}}
    assert nodes.release(12) == 5
    assert nodes.shared == {}


def test_back_to_its_own_label_alone():
    nodes = Nodes()
    nodes.attach(9, 5, own_present=True)
    assert nodes.release(9) is None
    assert nodes.shared == {}
    assert nodes.release(5) == 5


def test_a_dying_node_is_brought_back():
    nodes = Nodes()
    assert nodes.release(5) == 5
    nodes.attach(8, 5, own_present=False)
    assert nodes.shared == {5: {8}}
    assert nodes.release(8) == 5


def test_pairs_survive():
    nodes = Nodes()
    for label, node in ((9, 5), (12, 5), (13, 6)):
        nodes.attach(label, node, own_present=node == 5)
    labels = array(5, 7, 9, 12, 13, 20)
    pairs = nodes.nodes_of(labels)
    assert pairs.tolist() == [5, 7, 5, 5, 6, 20]
    assert nodes.nodes_of(array(9, 20)).tolist() == [5, 20]
    assert nodes.nodes_of(array()).tolist() == []
    again = Nodes()
    again.restore(labels, pairs)
    assert again.shared == nodes.shared == {5: {5, 9, 12}, 6: {13}}
    assert again.nodes_of(labels).tolist() == pairs.tolist()


def test_digests_go_by_bytes():
    values = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, 1.0]], np.float32)
    one, other, same = digests_of(values).tolist()
    assert one == same != other


def test_digest_index(monkeypatch):
    monkeypatch.setattr(module, "_FEWEST_RECENT", 16)
    index = DigestIndex()
    rng = np.random.default_rng(0)
    digests = rng.integers(0, 2**63, 500).astype(np.uint64)
    for start in range(0, 500, 7):
        keys = np.arange(start, min(start + 7, 500))
        index.put(digests[keys], keys)
    assert index.find(digests) == list(range(500))
    assert index.find(rng.integers(2**63, 2**64, 5, np.uint64)) == [NONE] * 5
    index.put(digests[:3], array(900, 901, 902))
    assert index.find(digests[:4]) == [900, 901, 902, 3]
    assert index.of_keys(array(902, 3, 0)).tolist() == [int(digests[2]), int(digests[3]), 0]
    index.retain(array(3, 900))
    assert index.find(digests[:5]) == [900, NONE, NONE, 3, NONE]


def test_a_digest_index_that_begins_with_nothing():
    index = DigestIndex()
    index.begin(np.empty(0, np.uint64), np.empty(0, np.int64))
    index.retain(np.empty(0, np.int64))
    assert index.find(np.array([7], np.uint64)) == [NONE]


def test_empty_digest_index():
    index = DigestIndex()
    assert index.find(np.array([1], np.uint64)) == [NONE]
    assert index.of_keys(array(4)).tolist() == [0]
