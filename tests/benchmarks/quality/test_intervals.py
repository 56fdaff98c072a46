import numpy as np

from benchmarks.quality.intervals import bootstrap


def test_an_interval_is_that_of_the_mean():
    low, high = (float(one) for one in bootstrap([0.0, 1.0] * 1_250).split(" to "))
    assert abs(low - 0.48) < 0.003
    assert abs(high - 0.52) < 0.003


def test_it_is_the_same_at_every_call():
    scores = np.random.default_rng(3).random(50)
    assert bootstrap(scores) == bootstrap(scores)
    assert bootstrap([2.5] * 9) == "2.500 to 2.500"
