"""The distance to the nearest record, and where it stands, against numpy by hand."""

import threading

import numpy as np
import pytest

from vecstore import RecordReference
from vecstore.calibrations import Basis
from vecstore.errors import StoreClosed
from vecstore.index.live import LiveIndex

DIM = 8


def squares(query, rows):
    return ((np.asarray(rows, np.float64) - np.asarray(query, np.float64)) ** 2).sum(axis=1)


def left_out(rows):
    """The distance of every row to its nearest other."""
    return [min(np.delete(squares(row, rows), n)) for n, row in enumerate(rows)]


def share_below(distance, distances):
    return 100 * np.mean(np.asarray(distances) < distance)


def normal(rng, count):
    return rng.normal(size=(count, DIM)).astype(np.float32)


def test_records_are_held_against_each_other(points, rng):
    rows = normal(rng, 120)
    points.add(rows)
    for query in normal(rng, 20):
        found = points.ask(query)
        distance = squares(query, rows).min()
        assert found.distance == pytest.approx(distance, rel=1e-5)
        assert found.percentile == pytest.approx(share_below(distance, left_out(rows)))
        assert (found.flagged, found.basis) == (None, Basis.RECORDS)


def test_queries_flag_what_lies_beyond_95_of_100_of_them(points, rng):
    rows, ordinary = normal(rng, 80), normal(rng, 200)
    points.add(rows)
    calibration = points.calibrate(ordinary)
    distances = sorted(squares(query, rows).min() for query in ordinary)
    assert calibration.threshold == pytest.approx(distances[190], rel=1e-5)
    assert (calibration.points, calibration.basis) == (200, Basis.QUERIES)
    assert (calibration.source, calibration.records, calibration.note) == ("supplied", 80, "")
    for query in [*normal(rng, 30), *(normal(rng, 30) * 2)]:
        found = points.ask(query)
        distance = squares(query, rows).min()
        assert found.percentile == pytest.approx(share_below(distance, distances))
        assert found.flagged is bool(distance > distances[190])
        assert found.basis == Basis.QUERIES


def test_about_5_of_100_ordinary_queries_are_flagged(points, rng):
    points.add(normal(rng, 300))
    points.calibrate(normal(rng, 800))
    flags = [points.ask(query).flagged for query in normal(rng, 800)]
    assert 0.02 < np.mean(flags) < 0.09
    assert all(points.ask(query * 5).flagged for query in normal(rng, 20))


def test_a_filter_does_not_change_what_is_strange(points, rng):
    rows = normal(rng, 100)
    points.add(rows, kinds=["a", "b"] * 50)
    query = normal(rng, 1)[0]
    bare = points.ask(query)
    for kind in ("a", "b", "nothing"):
        filtered = points.ask(query, filter={"kind": kind})
        assert filtered.distance == pytest.approx(bare.distance, rel=1e-5)
        assert filtered[1:] == bare[1:]


def test_a_record_is_not_near_itself(points, rng):
    rows = normal(rng, 90)
    ids = points.add(rows)
    alone = left_out(rows)
    for number in (0, 44, 89):
        hits = points.collection.search(RecordReference(ids[number]), k=2)
        strange = hits.unfamiliarity
        assert strange.distance == pytest.approx(alone[number], rel=1e-5)
        assert strange.distance == pytest.approx(hits[0].distance)
        assert strange.percentile == pytest.approx(share_below(alone[number], alone))
    filtered = points.collection.search(RecordReference(ids[0]), k=2, filter={"kind": "none"})
    assert len(filtered) == 0
    assert filtered.unfamiliarity.distance == pytest.approx(alone[0], rel=1e-5)


def test_a_batch_says_it_of_each(points, rng):
    points.add(normal(rng, 70))
    queries = normal(rng, 5)
    batch = points.collection.search_batch([points.vector(query) for query in queries], k=2)
    singly = [points.ask(query) for query in queries]
    assert [hits.unfamiliarity.percentile for hits in batch] == [one.percentile for one in singly]


def test_one_record_asked_by_itself_and_nothing_else(points, rng):
    assert points.ask(np.ones(DIM)) is None
    ids = points.add(normal(rng, 1))
    assert points.collection.search(RecordReference(ids[0])).unfamiliarity is None
    points.collection.delete(ids)
    assert points.ask(np.ones(DIM)) is None


def test_too_few_records_are_never_a_guess(points, rng):
    points.add(normal(rng, 12))
    found = points.ask(np.ones(DIM))
    assert found.distance > 0
    assert found[1:] == (None, None, Basis.NONE)
    calibration = points.collection.info().calibration
    assert calibration.note == "not calibrated: 12 records; at least 50 are needed"
    points.add(normal(rng, 37))
    assert points.ask(np.ones(DIM)).percentile is None
    points.add(normal(rng, 1))
    assert points.ask(np.ones(DIM)).percentile is not None


@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_equal_records_are_not_told_apart_by_rounding(store, make_points, rng, metric):
    points = make_points(store, metric=metric)
    few = rng.normal(size=(30, DIM))
    points.add(np.repeat(few, 2, axis=0))
    for row in few:
        for scale in (1.0, 3.7) if metric == "cosine" else (1.0,):
            found = points.ask(row * scale)
            assert found.distance == pytest.approx(0, abs=1e-5)
            assert found.percentile == 0
    assert points.ask(-few.sum(axis=0)).percentile == 100.0


@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_other_metrics(store, make_points, rng, metric):
    points = make_points(store, metric=metric)
    rows = normal(rng, 100).astype(np.float64)
    points.add(rows)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True) if metric == "cosine" else rows
    alone = 1 - unit @ unit.T
    np.fill_diagonal(alone, np.inf)
    query = unit[0] + 0.3
    length = np.linalg.norm(query) if metric == "cosine" else 1.0
    distance = (1 - unit @ query / length).min()
    found = points.ask(query)
    assert found.distance == pytest.approx(distance, abs=1e-5)
    assert found.percentile == pytest.approx(share_below(distance, alone.min(axis=1)))


def test_it_can_be_turned_off(opener, make_points, rng):
    with opener(unfamiliarity=False) as store:
        points = make_points(store)
        points.add(normal(rng, 60))
        assert points.ask(np.ones(DIM)) is None
        assert points.collection.search(points.vector(np.ones(DIM))).unfamiliarity is None
        assert "VECSTORE_UNFAMILIARITY is 0" in points.collection.info().calibration.note
        assert "VECSTORE_UNFAMILIARITY is 0" in points.calibrate(normal(rng, 60)).note


def test_beside_a_filter_it_is_searched_for_when_it_is_asked_for(points, rng, monkeypatch):
    rows = normal(rng, 60)
    points.add(rows, kinds=["a", "b"] * 30)
    query = normal(rng, 1)[0]
    alone = points.ask(query)
    asked = []
    search = LiveIndex.search

    def watched(self, *arguments, **options):
        if threading.current_thread() is threading.main_thread():  # not the measuring beside it
            asked.append(options.get("allowed"))
        return search(self, *arguments, **options)

    monkeypatch.setattr(LiveIndex, "search", watched)
    hits = points.collection.search(points.vector(query), filter={"kind": "a"})
    assert all(allowed is not None for allowed in asked)
    found = hits.unfamiliarity
    # The graph and what is not in it yet round otherwise.
    assert found.distance == pytest.approx(alone.distance, rel=1e-5)
    assert found._replace(distance=alone.distance) == alone
    count = len(asked)
    assert hits.unfamiliarity == found
    assert len(asked) == count


def test_what_was_not_asked_for_before_the_store_closed_is_refused(points, rng, store):
    points.add(normal(rng, 10), kinds=["a"] * 10)
    hits = points.collection.search(points.vector(normal(rng, 1)[0]), filter={"kind": "a"})
    store.close()
    with pytest.raises(StoreClosed):
        _ = hits.unfamiliarity
