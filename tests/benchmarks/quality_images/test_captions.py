"""What captions cost by counting."""

import numpy as np
import pytest

from benchmarks.quality_images.captions import Costs, counted


def test_costs_are_means_over_pieces():
    costs = Costs(np.array([2.0, 6.0]), np.array([1, 3]))
    assert costs.mean == 2.0
    assert costs.each.mean() == pytest.approx(costs.mean)


def test_counts_of_pairs_tell_what_follows():
    known = [[1, 5, 6, 2], [1, 5, 6, 2], [1, 7, 8, 2]]
    found = counted(known, known, size=10)
    assert found["bigram"].pieces.tolist() == [3, 3, 3]
    # After the first piece nothing is in doubt.
    assert found["bigram"].nats[0] == pytest.approx(-np.log(2 / 3), abs=0.1)
    assert found["unigram"].mean > 1.0
    # What was never seen costs much, and not everything.
    strange = counted(known, [[1, 9, 9, 2]], size=10)
    assert 5 < strange["bigram"].nats[0] < 30
