import numpy as np
import pytest

from vecstore.index.names import Names


@pytest.mark.parametrize("gap", [1, 3, 40])
def test_the_same_as_the_dictionary(gap):
    """Dense or sparse: beyond four places a label, the dictionary serves alone."""
    names, ids = Names(), {}
    rng = np.random.default_rng(0)
    last = 1000
    for _ in range(60):
        labels = last + np.cumsum(rng.integers(1, 2 * gap, 100))
        last = int(labels[-1])
        fresh = [f"id{label}" for label in labels]
        names.put(labels, fresh)
        ids.update(zip(labels.tolist(), fresh, strict=True))
        known = np.array(sorted(ids))
        for label in rng.choice(known, 20, replace=False).tolist():
            names.drop(label)
            del ids[label]
        asked = rng.choice(known, 50)
        assert names.get(asked, ids) == [ids.get(label) for label in asked.tolist()]
    assert (names._array is None) == (gap == 40)


def test_begins_before_the_first_live_label():
    names = Names()
    names.begin(10, np.array([12, 15]), ["a", "b"])
    assert names.get(np.array([10, 15, 12, 11]), {}) == [None, "b", "a", None]


def test_begins_with_nothing():
    names = Names()
    names.begin(-1, np.empty(0, np.int64), [])
    names.put(np.array([7]), ["x"])
    assert names.get(np.array([7]), {}) == ["x"]
