"""Of many queries at a time each is told to be as strange as alone."""

import time

import numpy as np
import pytest

DIM = 8
BARE = {"k": 2, "include_payload": False, "include_text": False}


def normal(rng, count, scale=1.0):
    return (rng.normal(size=(count, DIM)) * scale).astype(np.float32)


def batch(points, rows):
    vectors = [points.vector(row) for row in rows]
    return [hits.unfamiliarity for hits in points.collection.search_batch(vectors, **BARE)]


def awaited(points, wanted):
    """Waits for the background work alone: nothing is asked meanwhile."""
    deadline = time.monotonic() + 20.0
    while not wanted(points.collection.info().calibration):
        assert time.monotonic() < deadline, points.collection.info().calibration
        time.sleep(0.01)


def check(points, rows):
    together, alone = batch(points, rows), [points.ask(row) for row in rows]
    assert [one[1:] for one in together] == [one[1:] for one in alone]
    np.testing.assert_allclose(
        [one.distance for one in together], [one.distance for one in alone], rtol=1e-5
    )


def test_by_the_nearest_record(points, rng):
    queries = normal(rng, 7, scale=2)
    assert batch(points, queries) == [None] * 7
    points.add(normal(rng, 70))
    check(points, queries)
    points.calibrate(normal(rng, 60))
    check(points, queries)
    assert len({one.percentile for one in batch(points, queries)}) > 1


@pytest.mark.parametrize("measure", ["prototypes", "mahalanobis"])
def test_by_classes(points, rng, measure):
    points.add(normal(rng, 70), kinds=["ab"[n % 2] for n in range(70)])
    points.calibrate(label_key="kind", measure=measure)
    check(points, normal(rng, 7, scale=2))


def test_growth_measures_again(points, rng):
    points.add(normal(rng, 100, scale=10))
    points.calibrate(normal(rng, 60))
    points.add(normal(rng, 500))
    batch(points, normal(rng, 3))
    awaited(points, lambda now: now.records == 600)


def test_they_are_gathered_with_consent(points, rng):
    points.add(normal(rng, 100))
    points.calibrate(gather=True)
    batch(points, normal(rng, 60))
    awaited(points, lambda now: now.source == "use")
