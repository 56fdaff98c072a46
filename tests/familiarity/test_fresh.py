"""Distances follow the collection: as it grows, as it is emptied, and from one start to another."""

import asyncio
import logging
import threading
import time

import numpy as np
import pytest

from vecstore.calibrations import Basis
from vecstore.familiarity import fields, measuring

DIM = 8


def normal(rng, count, scale=1.0):
    return (rng.normal(size=(count, DIM)) * scale).astype(np.float32)


def test_growth_measures_again(points, rng):
    points.add(normal(rng, 100, scale=10))
    before = points.calibrate(normal(rng, 60))
    query = np.zeros(DIM)
    assert points.ask(query).basis == Basis.QUERIES
    points.add(normal(rng, 9))
    assert points.collection.info().calibration == before  # within a tenth
    points.add(normal(rng, 500))
    points.settled(query, lambda now: now.records == 609)
    assert points.collection.info().calibration.threshold < before.threshold / 2


def test_what_is_replaced_counts_as_change(points, rng):
    ids = points.add(normal(rng, 100))
    before = points.calibrate(normal(rng, 60))
    points.collection.upsert(
        [
            points.collection.get([id_], include_vectors=True)[0].__class__(
                id=id_, vector=points.vector(row)
            )
            for id_, row in zip(ids, normal(rng, 100, scale=50), strict=True)
        ]
    )
    points.settled(np.zeros(DIM), lambda now: now.threshold > 10 * before.threshold)


def test_classes_that_move_count_as_change(points, rng):
    """Vectors stay, and the classes that their payloads hold do not."""
    sides = np.repeat([-20.0, 20.0], 50)[:, None] * np.eye(DIM)[0]
    ids = points.add(normal(rng, 100) + sides, kinds=["a"] * 50 + ["b"] * 50)
    queries = normal(rng, 60) + sides[20:80]
    before = points.calibrate(queries, label_key="kind", measure="prototypes")
    points.collection.update_payload(ids[:5], set={"seen": True})
    points.ask(sides[0])
    assert points.collection.info().calibration == before  # within a tenth
    points.collection.update_payload(ids[25:75], set={"kind": "c"})
    points.collection.update_payload(ids[:25] + ids[75:], set={"kind": "d"})
    points.settled(sides[0], lambda now: now.threshold > 3 * before.threshold)


def test_payloads_without_classes_count_for_nothing(points, rng):
    ids = points.add(normal(rng, 100))
    before = points.calibrate(normal(rng, 60))
    points.collection.update_payload(ids, set={"kind": "a"})
    field = points.collection._fields["default"]
    found = points.collection._store.familiarity.of(field.collection, field.row, field.index)
    assert (found.rewritten, found.describe()) == (0, before)


def test_deletes_measure_again(points, rng):
    ids = points.add(normal(rng, 200))
    points.ask(np.zeros(DIM))
    points.collection.delete(ids[:100])
    points.settled(np.zeros(DIM), lambda now: now.records == 100)
    points.collection.delete(ids[100:180])
    found = points.ask(np.zeros(DIM))
    assert found[1:] == (None, None, Basis.NONE)


def test_a_sampled_record_may_die_meanwhile(points, rng, monkeypatch):
    rows = normal(rng, 80)
    ids = points.add(rows)
    sampled = measuring.sample

    def sample_then_delete(labels, most):
        chosen = sampled(labels, most)
        points.collection.delete(ids[:20])
        return chosen

    monkeypatch.setattr(measuring, "sample", sample_then_delete)
    points.ask(np.zeros(DIM))
    assert points.collection.info().calibration.points == 60


def test_the_sample_is_stable(rng):
    labels = np.cumsum(rng.integers(1, 9, size=20_000))
    small, large = (set(measuring.sample(labels[:n], 512).tolist()) for n in (10_000, 11_000))
    assert len(small) == len(large) == 512
    assert len(small & large) > 440
    assert max(small) > labels[9_000]
    assert min(small) < labels[1_000]


def test_failures_are_logged_and_the_old_distances_stay(points, rng, monkeypatch, caplog):
    points.add(normal(rng, 100))
    before = points.ask(np.zeros(DIM))

    def broken(*_):
        raise RuntimeError("out of order")

    monkeypatch.setattr(measuring.Subject, "measured", broken)
    with caplog.at_level(logging.ERROR):
        points.add(normal(rng, 100) + 90)
        deadline = time.monotonic() + 20
        while "out of order" not in caplog.text:
            assert points.ask(np.zeros(DIM)).percentile == before.percentile
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert points.ask(np.zeros(DIM)).percentile == before.percentile


def test_a_first_measuring_that_fails_says_so(points, rng, monkeypatch, caplog):
    monkeypatch.setattr(measuring.Subject, "measured", lambda *_: 1 / 0)
    points.add(normal(rng, 100))
    assert points.ask(np.zeros(DIM))[1:] == (None, None, Basis.NONE)
    assert points.collection.info().calibration.note == fields.FAILED


def test_a_search_does_not_undo_a_calibration_beside_it(points, rng, monkeypatch):
    points.add(normal(rng, 10))
    queries, whole = normal(rng, 60), fields.basis_of

    def calibrated_meanwhile(*arguments):
        found = whole(*arguments)
        monkeypatch.setattr(fields, "basis_of", whole)
        points.calibrate(queries)
        return found

    monkeypatch.setattr(fields, "basis_of", calibrated_meanwhile)
    assert points.ask(np.zeros(DIM)).basis == Basis.NONE
    assert points.ask(np.zeros(DIM)).basis == Basis.QUERIES


class Held:
    """Measuring that waits until it is let go."""

    def __init__(self, monkeypatch):
        self.begun, self.go = threading.Event(), threading.Event()
        whole = measuring.Subject.measured

        def measured(subject, *arguments):
            self.begun.set()
            assert self.go.wait(30)
            return whole(subject, *arguments)

        monkeypatch.setattr(measuring.Subject, "measured", measured)


def test_a_search_does_not_wait_for_long(points, rng, monkeypatch):
    held = Held(monkeypatch)
    monkeypatch.setattr(fields, "_FIRST_SECONDS", 0.05)
    points.add(normal(rng, 100))
    try:
        assert points.ask(np.zeros(DIM))[1:] == (None, None, Basis.NONE)
        assert held.begun.wait(10)
        assert points.collection.info().calibration.points == 0
    finally:
        held.go.set()
    points.settled(np.zeros(DIM), lambda now: now.points == 100)


def test_an_event_loop_does_not_wait_at_all(points, rng, monkeypatch):
    held = Held(monkeypatch)
    monkeypatch.setattr(fields, "_FIRST_SECONDS", 3600.0)
    points.add(normal(rng, 100))

    async def search():
        return points.ask(np.zeros(DIM))

    try:
        assert asyncio.run(search()).percentile is None
    finally:
        held.go.set()
    points.settled(np.zeros(DIM), lambda now: now.points == 100)


def test_a_search_that_has_waited_takes_the_distances_so_far(points, rng, monkeypatch):
    monkeypatch.setattr(fields, "_FIRST_SECONDS", 3600.0)
    monkeypatch.setattr(fields, "_ENOUGH_SECONDS", 0.0)
    held = threading.Event()
    whole = measuring.Subject._nearest
    calls = []

    def nearest(subject, *arguments):
        calls.append(None)
        if len(calls) == 70:
            assert held.wait(30)
        return whole(subject, *arguments)

    monkeypatch.setattr(measuring.Subject, "_nearest", nearest)
    points.add(normal(rng, 100))
    try:
        assert points.ask(np.zeros(DIM)).percentile is not None
    finally:
        held.set()
    points.settled(np.zeros(DIM), lambda now: now.points == 100)


def test_a_store_closes_while_it_measures(tmp_path, rng, make_points, monkeypatch):
    import vecstore

    begun = threading.Event()
    whole = measuring.Subject._nearest

    def slowly(subject, *arguments):
        begun.set()
        time.sleep(0.01)
        return whole(subject, *arguments)

    monkeypatch.setattr(measuring.Subject, "_nearest", slowly)
    monkeypatch.setattr(fields, "_FIRST_SECONDS", 0.0)
    with vecstore.open(tmp_path / "other") as store:
        points = make_points(store)
        points.add(normal(rng, 1000))
        points.ask(np.zeros(DIM))
        assert begun.wait(10)
    names = [thread.name for thread in threading.enumerate()]
    assert "vecstore-familiarity" not in names


def test_a_collection_is_deleted_while_it_is_measured(store, points, rng, make_points, monkeypatch):
    held = Held(monkeypatch)
    monkeypatch.setattr(fields, "_FIRST_SECONDS", 0.0)
    points.add(normal(rng, 100))
    points.ask(np.zeros(DIM))
    assert held.begun.wait(10)
    store.delete_collection("points")
    held.go.set()
    again = make_points(store)
    again.add(normal(rng, 100) + 9)
    again.settled(np.zeros(DIM), lambda now: now.points == 100)


def test_a_restart_answers_the_same(opener, make_points, reopened, rng):
    rows, ordinary, query = normal(rng, 150), normal(rng, 70), normal(rng, 1)[0]
    with opener() as store:
        points = make_points(store)
        points.add(rows)
        calibration = points.calibrate(ordinary)
        before = points.ask(query)
    with opener() as store:
        points = reopened(store)
        info = points.collection.info().calibration
        assert (info.basis, info.source, info.points) == (Basis.QUERIES, "supplied", 0)
        assert "first search" in info.note
        after = points.ask(query)
        assert after.distance == pytest.approx(before.distance, rel=1e-4)
        assert after[1:] == before[1:]
        again = points.collection.info().calibration
        assert again.threshold == pytest.approx(calibration.threshold, rel=1e-4)
