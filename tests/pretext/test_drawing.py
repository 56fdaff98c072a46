import numpy as np

from vecstore.pretext.drawing import uniforms


def test_numbers_are_uniform_and_uncorrelated():
    draws = uniforms(7, 0, 0, np.arange(2000), 50)
    assert draws.shape == (2000, 50)
    assert draws.min() >= 0
    assert draws.max() < 1
    counts, _ = np.histogram(draws, bins=20, range=(0, 1))
    expected = draws.size / 20
    assert ((counts - expected) ** 2 / expected).sum() < 45  # chi square, 19 degrees, p < 0.001
    rows = np.corrcoef(draws[:-1].ravel(), draws[1:].ravel())[0, 1]
    columns = np.corrcoef(draws[:, :-1].ravel(), draws[:, 1:].ravel())[0, 1]
    assert abs(rows) < 0.015
    assert abs(columns) < 0.015


def test_a_row_follows_from_its_own_numbers_alone():
    draws = uniforms(7, 3, 1, np.arange(100), 20)
    alone = uniforms(7, 3, 1, np.array([42]), 9)
    assert np.array_equal(alone[0], draws[42, :9])


def test_seed_epoch_purpose_and_item_all_matter():
    items = np.arange(50)
    draws = [
        uniforms(*numbers, items + shift, 20).ravel()
        for *numbers, shift in [
            (7, 3, 1, 0),
            (8, 3, 1, 0),
            (7, 4, 1, 0),
            (7, 3, 2, 0),
            (7, 3, 1, 1),
        ]
    ]
    for one in draws[1:]:
        assert not np.isin(one.reshape(50, 20)[:, 0], draws[0].reshape(50, 20)[:, 0]).all()
    assert np.array_equal(draws[4].reshape(50, 20)[:-1], draws[0].reshape(50, 20)[1:])
    assert len({tuple(one) for one in draws}) == 5


def test_the_largest_seed_serves():
    assert uniforms(2**32 - 1, 0, 0, np.array([0]), 3).shape == (1, 3)
