"""Distances to classes, against numpy and scikit-learn by hand."""

import numpy as np
import pytest
import sqlalchemy

import vecstore
from vecstore import InvalidArgument, Record, RecordReference
from vecstore.calibrations import Basis, Measure
from vecstore.familiarity.classes import Mahalanobis, Prototypes, summed
from vecstore.spaces import Metric

DIM = 8


def groups(rng, count, classes=3, apart=4.0, dim=DIM):
    """Rows (classes * count, dim) float32, and the class of each."""
    centres = rng.normal(size=(classes, dim)) * apart
    rows = np.concatenate([centre + rng.normal(size=(count, dim)) for centre in centres])
    names = [f"c{n}" for n in range(classes) for _ in range(count)]
    order = rng.permutation(len(rows))
    return rows[order].astype(np.float32), [names[n] for n in order]


def sums(rows, names, scatter=True):
    pieces = [(rows[n : n + 7], names[n : n + 7]) for n in range(0, len(rows), 7)]
    return summed(pieces, rows.shape[1], scatter=scatter, key="kind")


def means(rows, names):
    names = np.array(names)
    return {one: rows[names == one].astype(np.float64).mean(axis=0) for one in set(names)}


def relative(query, rows, names):
    """The relative Mahalanobis distance by its definition."""
    centres = means(rows, names)
    wide = rows.astype(np.float64)
    within = wide - np.stack([centres[name] for name in names])
    inner = np.linalg.inv(within.T @ within / len(rows))
    outer = np.linalg.inv(np.cov(wide.T, bias=True))
    q = np.asarray(query, np.float64)
    apart = q - wide.mean(axis=0)
    return min((q - m) @ inner @ (q - m) for m in centres.values()) - apart @ outer @ apart


def without(rows, names, number):
    return np.delete(rows, number, axis=0), names[:number] + names[number + 1 :]


def test_mahalanobis_is_its_definition(rng):
    rows, names = groups(rng, 40)
    measure = Mahalanobis(sums(rows, names), Metric.L2)
    for query in rng.normal(size=(20, DIM)).astype(np.float32) * 5:
        assert measure.distance(query) == pytest.approx(relative(query, rows, names), rel=1e-6)


def test_mahalanobis_without_the_vector_itself(rng):
    rows, names = groups(rng, 12)
    measure = Mahalanobis(sums(rows, names), Metric.L2)
    for number in range(len(rows)):
        expected = relative(rows[number], *without(rows, names, number))
        found = measure.distance(rows[number], names[number])
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_mahalanobis_agrees_with_scikit_learn(rng):
    covariance = pytest.importorskip("sklearn.covariance")
    rows, names = groups(rng, 50)
    centres = means(rows, names)
    inner = covariance.EmpiricalCovariance(assume_centered=True).fit(
        rows - np.stack([centres[name] for name in names])
    )
    outer = covariance.EmpiricalCovariance().fit(rows)
    measure = Mahalanobis(sums(rows, names), Metric.L2)
    for query in rows[:10] + 1:
        nearest = min(inner.mahalanobis(query[None] - centre)[0] for centre in centres.values())
        expected = nearest - outer.mahalanobis(query[None])[0]
        assert measure.distance(query) == pytest.approx(expected, rel=1e-4)


def test_fewer_vectors_than_dims_are_shrunk_as_scikit_learn_does(rng):
    covariance = pytest.importorskip("sklearn.covariance")
    rows, names = groups(rng, 5, dim=40)
    query = rows[0] + 1
    centres = means(rows, names)
    inner = covariance.OAS(assume_centered=True).fit(
        (rows - np.stack([centres[name] for name in names])).astype(np.float64)
    )
    outer = covariance.OAS().fit(rows.astype(np.float64))
    nearest = min(inner.mahalanobis(query[None] - centre)[0] for centre in centres.values())
    expected = nearest - outer.mahalanobis(query[None])[0]
    found = Mahalanobis(sums(rows, names), Metric.L2).distance(query)
    assert found == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("rows", [np.ones((20, DIM)), np.eye(DIM)[np.arange(20) % 2]])
def test_vectors_that_hardly_differ_give_numbers(rows):
    rows = rows.astype(np.float32)
    names = ["a", "b"] * 10
    measure = Mahalanobis(sums(rows, names), Metric.L2)
    for query in (rows[0], np.arange(DIM, dtype=np.float32)):
        assert np.isfinite(measure.distance(query))
        assert np.isfinite(measure.distance(rows[0], "a"))


def test_prototypes_are_means_and_leave_the_vector_out(rng):
    rows, names = groups(rng, 9)
    measure = Prototypes(sums(rows, names, scatter=False), Metric.L2)
    for query in rng.normal(size=(10, DIM)).astype(np.float32):
        expected = min(((query - mean) ** 2).sum() for mean in means(rows, names).values())
        assert measure.distance(query) == pytest.approx(expected, rel=1e-4)
    for number, row in enumerate(rows):
        rest = means(*without(rows, names, number)).values()
        expected = min(((row - mean) ** 2).sum() for mean in rest)
        assert measure.distance(row, names[number]) == pytest.approx(expected, rel=1e-4)


def test_a_class_of_one_vanishes_without_it():
    rows = np.array([[0, 0], [0, 1], [0, 2], [9, 9]], np.float32)
    names = ["a", "a", "a", "b"]
    measure = Prototypes(sums(rows, names), Metric.L2)
    assert measure.distance(rows[3]) == 0
    assert measure.distance(rows[3], "b") == pytest.approx(81 + 64)
    assert measure.distance(rows[3], "never seen") == 0


def test_prototypes_under_cosine(rng):
    rows, names = groups(rng, 20)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    query = np.ones(DIM, np.float32) * 3
    cosines = [
        query @ mean / np.linalg.norm(query) / np.linalg.norm(mean)
        for mean in means(unit, names).values()
    ]
    measure = Prototypes(sums(unit.astype(np.float32), names), Metric.COSINE)
    assert measure.distance(query) == pytest.approx(1 - max(cosines), abs=1e-5)


@pytest.mark.filterwarnings("ignore:overflow")
def test_what_lies_beyond_float32_is_far_away_by_prototypes(points, rng):
    rows, names = groups(rng, 30)
    points.add(rows, kinds=names)
    points.calibrate(rows[:60], label_key="kind")
    found = points.ask(np.full(DIM, 3e38))
    assert np.isfinite(found.distance)
    assert found[1:] == (100.0, True, Basis.QUERIES)


def test_as_many_classes_as_records_are_refused(points, rng):
    rows = rng.normal(size=(60, DIM)).astype(np.float32)
    points.add(rows, kinds=range(60))
    with pytest.raises(InvalidArgument, match="no two records have the same value under 'kind'"):
        points.calibrate(label_key="kind")


def test_payloads_come_a_few_at_a_time(postgres_url, tmp_path, make_points, rng):
    """A collection's payloads may be far larger than memory."""
    with vecstore.open(tmp_path / "data", database=postgres_url) as store:
        points = make_points(store)
        rows, names = groups(rng, 25)
        points.add(rows, kinds=names)
        whole = []

        def reading(_connection, _cursor, statement, _values, context, _many):
            if "payload" in statement and not context._is_server_side:
                whole.append(statement)

        sqlalchemy.event.listen(store.catalog.engine, "before_cursor_execute", reading)
        assert points.calibrate(label_key="kind").points == 75
    assert whole == []


def test_far_too_many_classes_are_refused(monkeypatch):
    monkeypatch.setattr("vecstore.familiarity.classes.MOST_CLASSES", 5)
    rows = np.ones((6, 2), np.float32)
    with pytest.raises(InvalidArgument, match="'kind' has more than 5 classes"):
        sums(rows, [str(n) for n in range(6)])


@pytest.mark.parametrize("measure", ["prototypes", "mahalanobis"])
def test_a_collection_with_classes(points, rng, measure):
    rows, names = groups(rng, 5, classes=14)
    points.add(rows, kinds=names)
    kind = {"prototypes": Prototypes, "mahalanobis": Mahalanobis}[measure]
    yardstick = kind(sums(rows, names), Metric.L2)
    alone = [yardstick.distance(row, name) for row, name in zip(rows, names, strict=True)]
    calibration = points.collection.calibrate(label_key="kind", measure=measure)
    assert (calibration.measure, calibration.label_key) == (Measure(measure), "kind")
    assert (calibration.basis, calibration.points) == (Basis.RECORDS, 70)
    for query in rows[:12] + rng.normal(size=(12, DIM)).astype(np.float32):
        found = points.ask(query)
        assert found.distance == pytest.approx(yardstick.distance(query), rel=1e-3, abs=1e-3)
        assert found.percentile == pytest.approx(100 * np.mean(np.array(alone) < found.distance))
    hits = points.collection.search(RecordReference("r00005"))
    assert hits.unfamiliarity.distance == pytest.approx(alone[5], rel=1e-4)


def test_classes_are_strings_whole_numbers_and_booleans(opener, make_points, rng):
    values = ["1", 1, True, 2.0, 1.5, None, ["1"], {"a": 1}]
    with opener() as store:
        points = make_points(store)
        rows = rng.normal(size=(8, 25, DIM)).astype(np.float32)
        rows += np.arange(8)[:, None, None] * 10
        for number, value in enumerate(values):
            points.collection.upsert(
                Record(
                    id=f"{number}-{n}",
                    vector=points.vector(row),
                    payload={"deep": {"kind": value}} if n else {"deep": value},
                )
                for n, row in enumerate(rows[number])
            )
        assert points.collection.calibrate(label_key="deep.kind").points == 4 * 24
        for number in range(8):
            near = points.ask(rows[number, 1:].mean(axis=0)).distance < 1
            assert near == (number < 4)


def test_classes_that_have_gone_leave_the_old_ones(points, rng):
    rows, names = groups(rng, 40)
    ids = points.add(rows, kinds=names)
    before = points.collection.calibrate(label_key="kind")
    points.collection.delete([one for one, name in zip(ids, names, strict=True) if name != "c0"])
    points.add(rows[:60])
    found = points.settled(rows[0], lambda _: True)
    assert found.basis == Basis.RECORDS
    assert points.collection.info().calibration.points == before.points
