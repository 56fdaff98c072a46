"""What ``calibrate`` takes, refuses, keeps and forgets."""

import threading
import time

import numpy as np
import pytest
import sqlalchemy

import vecstore
from vecstore import InvalidArgument, Record, RecordReference, Space, SpaceMismatch, Vector
from vecstore.calibrations import Basis, Measure
from vecstore.familiarity import keeper
from vecstore.familiarity.gathering import Gathered
from vecstore.storage import tables

DIM = 8


def normal(rng, count):
    return rng.normal(size=(count, DIM)).astype(np.float32)


def on_record(store):
    """Rows of both tables, without the vectors."""
    queries = tables.calibration_queries.c
    with store.catalog.engine.connect() as connection:
        said = connection.execute(sqlalchemy.select(tables.calibrations)).all()
        kept = connection.execute(
            sqlalchemy.select(queries.source, queries.count, queries.vectors)
        ).all()
    return [tuple(row)[1:] for row in said], {row[0]: row for row in kept}


@pytest.fixture
def filled(points, rng):
    points.add(normal(rng, 100), kinds=["a", "b"] * 50)
    return points


def refused(store, points, error, match, *arguments, **options):
    """Nothing is changed by what is refused."""
    before, known = points.collection.info().calibration, on_record(store)
    with pytest.raises(error, match=match):
        points.collection.calibrate(*arguments, **options)
    assert points.collection.info().calibration == before
    assert on_record(store) == known


def test_49_queries_are_too_few(store, filled, rng):
    queries = [filled.vector(row) for row in normal(rng, 49)]
    refused(store, filled, InvalidArgument, "^49 different queries .* 50", queries)
    refused(store, filled, InvalidArgument, "^49 different", [*queries, queries[0]])
    refused(store, filled, InvalidArgument, "^0 different", [])
    assert filled.collection.calibrate([*queries, filled.vector(np.ones(DIM))]).points == 50


def test_a_popular_query_does_not_crowd_out_others(filled, rng):
    others = normal(rng, 60)
    assert filled.calibrate([others[0]] * 2000 + list(others)).points == 60


def test_queries_wait_for_the_first_record(points, rng):
    assert (
        points.calibrate(normal(rng, 60)).note == "not calibrated: 0 records; at least 1 is needed"
    )
    points.add(normal(rng, 1))
    assert points.ask(np.zeros(DIM)).basis == Basis.QUERIES


def test_texts_of_one_vector_are_one_query(store):
    docs = store.create_collection("docs", encoder="hashing@1")
    texts = [f"find item{n}" for n in range(49)]
    with pytest.raises(InvalidArgument, match=r"^49 different"):
        docs.calibrate([*texts, *(text.upper() for text in texts)])


def test_of_many_queries_1000_are_kept_evenly(store, filled):
    ladder = np.outer(np.arange(3000), np.ones(DIM)).astype(np.float32)
    assert filled.calibrate(ladder).points == 1000
    _, _, raw = on_record(store)[1]["supplied"]
    kept = np.frombuffer(raw, "<f4").reshape(1000, DIM)[:, 0]
    assert (kept[0], kept[-1]) == (0, 2999)
    assert set(np.diff(kept)) <= {3.0, 2.0, 4.0}


def test_a_vector_of_another_space_among_them(store, filled, rng):
    queries = [filled.vector(row) for row in normal(rng, 60)]
    foreign = Vector(Space("other", "1", DIM, "f" * 64), np.ones(DIM, np.float32))
    refused(store, filled, SpaceMismatch, "query 30", [*queries[:30], foreign, *queries[30:]])


def test_records_of_the_collection_are_no_queries(store, filled, rng):
    queries = [filled.vector(row) for row in normal(rng, 60)]
    refused(
        store,
        filled,
        InvalidArgument,
        "query 60 is the record",
        [*queries, RecordReference("r00000")],
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"measure": "nearby"}, "measure is 'nearby'"),
        ({"measure": "prototypes"}, "prototypes needs classes"),
        ({"measure": "nearest", "label_key": "kind"}, "'kind' was given"),
        ({"label_key": ""}, "label_key is ''"),
        ({"label_key": "$kind"}, "label_key is '\\$kind'"),
        ({"label_key": 3}, "label_key is 3"),
        ({"label_key": "k" * 1001}, "label_key is 'k.{,80}'; .* at most 1,000 characters$"),
        (
            {"label_key": "k" * 999, "measure": "nearest"},
            "^the measure nearest .{,30} the label key 'k.{,80}' was given",
        ),
        ({"label_key": "k" * 1000}, "^no record has .{,80} under 'k.{,80}'; name"),
        ({"label_key": "long"}, "^all records have one class under 'long': \"y{,80}; two"),
        ({"label_key": "nobody"}, "no record has .* under 'nobody'"),
        ({"label_key": "one"}, "one class under 'one': \"x\""),
        ({"gather": 1}, "gather is 1"),
        ({"clear": "yes"}, "clear is 'yes'"),
    ],
)
def test_refusals(store, filled, rng, options, match):
    filled.collection.upsert(
        [
            Record(
                id="one",
                vector=filled.vector(np.ones(DIM)),
                payload={"one": "x", "long": "y" * 100_000},
            )
        ]
    )
    queries = [filled.vector(row) for row in normal(rng, 60)]
    refused(store, filled, InvalidArgument, match, queries, **options)


def test_one_query_is_no_list(store, filled):
    refused(store, filled, InvalidArgument, "queries is one str", "only one")


def test_queries_are_encoded_as_queries_and_their_texts_are_not_kept(store):
    docs = store.create_collection("docs", encoder="hashing@1")
    docs.upsert([Record(id=f"d{n}", text=f"document {n} of words {n * n}") for n in range(60)])
    texts = [f"find secret{n}" for n in range(70)]
    assert docs.calibrate([*texts, *texts[:20]]).points == 70
    found = docs.search("find secret3")
    assert found.unfamiliarity.flagged is False
    kept = on_record(store)[1]["supplied"]
    assert kept[1] == 70
    assert b"secret" not in kept[2]


def test_it_is_durable_and_another_collection_knows_nothing_of_it(opener, make_points, rng):
    with opener() as store:
        points = make_points(store)
        points.add(normal(rng, 100), kinds=["a", "b"] * 50)
        points.calibrate(normal(rng, 60), label_key="kind", gather=True)
        assert on_record(store)[0] == [("prototypes", "kind", True)]
        assert set(on_record(store)[1]) == {"supplied"}
        store.delete_collection("points")
        assert on_record(store) == ([], {})
        again = make_points(store)
        again.add(normal(rng, 100))
        assert again.ask(np.zeros(DIM)).basis == Basis.RECORDS
        calibration = again.collection.info().calibration
        assert (calibration.gathers, calibration.measure) == (False, Measure.NEAREST)


def test_what_is_not_said_stays_and_clear_forgets(store, filled, rng):
    filled.calibrate(normal(rng, 60), label_key="kind")
    filled.calibrate(measure="mahalanobis")
    calibration = filled.calibrate(gather=True)
    assert calibration.measure == Measure.MAHALANOBIS
    assert (calibration.label_key, calibration.points) == ("kind", 60)
    assert filled.calibrate(measure="nearest").label_key is None
    assert filled.calibrate(clear=True).basis == Basis.RECORDS
    assert on_record(store) == ([], {})


class TestGathering:
    """Vectors of queries from use are kept with consent alone."""

    def ask_all(self, points, rows):
        for row in rows:
            points.ask(row)

    def test_nothing_is_kept_without_consent(self, opener, make_points, rng):
        with opener() as store:
            points = make_points(store)
            points.add(normal(rng, 100))
            self.ask_all(points, normal(rng, 120))
            assert points.collection.info().calibration.basis == Basis.RECORDS
        with opener() as store:
            assert on_record(store) == ([], {})

    def test_with_consent_they_calibrate_and_outlive_the_store(
        self, opener, make_points, reopened, rng
    ):
        with opener() as store:
            points = make_points(store)
            ids = points.add(normal(rng, 100))
            assert points.calibrate(gather=True).gathers
            rows = normal(rng, 49)
            self.ask_all(points, [*rows, rows[0], rows[1]])
            points.collection.search(RecordReference(ids[0]))
            assert points.collection.info().calibration.basis == Basis.RECORDS
            self.ask_all(points, normal(rng, 1))
            points.settled(rows[0], lambda now: now.points == 50)
        with opener() as store:
            assert on_record(store)[1]["use"][1] == 50
            points = reopened(store)
            assert points.ask(rows[0]).flagged is not None
            calibration = points.collection.info().calibration
            assert (calibration.source, calibration.points) == ("use", 50)
            points.calibrate(normal(rng, 60))
            assert points.collection.info().calibration.source == "supplied"
            assert not points.calibrate(gather=False).gathers
            assert set(on_record(store)[1]) == {"supplied"}
            self.ask_all(points, normal(rng, 10))
        with opener() as store:
            assert set(on_record(store)[1]) == {"supplied"}

    def test_more_of_them_are_measured_again(self, points, rng):
        points.add(normal(rng, 60))
        points.calibrate(gather=True)
        self.ask_all(points, normal(rng, 60))
        points.settled(normal(rng, 1)[0], lambda now: now.source == "use" and now.points < 100)
        self.ask_all(points, normal(rng, 150))
        points.settled(normal(rng, 1)[0], lambda now: now.points > 150)

    def test_they_are_written_now_and_then(self, points, store, rng, monkeypatch):
        monkeypatch.setattr(keeper, "_SAVE_SECONDS", 0.01)
        points.add(normal(rng, 60))
        points.calibrate(gather=True)
        points.settled(normal(rng, 1)[0], lambda _: "use" in on_record(store)[1])

    def test_they_are_written_when_two_come_at_once(self, points, store, rng, monkeypatch):
        monkeypatch.setattr(keeper, "_SAVE_SECONDS", 0.01)
        points.add(normal(rng, 60))
        points.calibrate(gather=True)
        add, (one, other) = Gathered.add, normal(rng, 2)

        def and_another(gathered, values):
            number = add(gathered, values)
            add(gathered, other)
            return number

        monkeypatch.setattr(Gathered, "add", and_another)
        points.ask(one)
        deadline = time.monotonic() + 20
        while "use" not in on_record(store)[1]:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def test_one_query_of_two_threads_is_kept_once(self, rng):
        gathered, (row,) = keeper_gathered(normal(rng, 0)), normal(rng, 1)

        class Slow:
            """The lock that another thread has taken first, with the same query."""

            def __enter__(self):
                gathered._lock = threading.Lock()
                assert gathered.add(row)

            def __exit__(self, *_):
                pass

        gathered._lock = Slow()
        assert not gathered.add(row)
        assert len(gathered) == 1

    def test_what_comes_too_late_is_not_written(self, store, points, rng):
        points.add(normal(rng, 60))
        points.calibrate(gather=True)
        points.ask(normal(rng, 1)[0])
        row = store.row("points").fields[0]
        points.calibrate(gather=False)
        store.write(
            lambda connection: keeper.keep_used(connection, row, normal(rng, 5)), lambda _: None
        )
        assert on_record(store) == ([], {})

    def test_at_most_1000_are_kept_and_they_are_renewed(self, rng):
        gathered = keeper_gathered(normal(rng, 0))
        for row in normal(rng, 1000):
            assert gathered.add(row)
        first = gathered.matrix()
        assert not any(gathered.add(row) for row in first)
        taken = [gathered.add(row) > 0 for row in normal(rng, 3000)]
        assert len(gathered) == len(gathered.matrix()) == 1000
        assert 200 < sum(taken) < 400
        assert gathered.taken == 1000 + sum(taken)
        left = {row.tobytes() for row in first} & {row.tobytes() for row in gathered.matrix()}
        assert 600 < len(left) < 850


def keeper_gathered(vectors):
    return Gathered(vectors.reshape(-1, DIM))


def test_damaged_queries_do_not_stop_searches(opener, make_points, reopened, rng):
    with opener() as store:
        points = make_points(store)
        points.add(normal(rng, 60))
        points.calibrate(normal(rng, 60))
    with opener() as store:
        with store.catalog.engine.begin() as connection:
            connection.execute(sqlalchemy.update(tables.calibration_queries).values(count=61))
        points = reopened(store)
        assert points.ask(np.zeros(DIM)).basis == Basis.RECORDS


def test_public_names():
    assert vecstore.Calibration().basis == Basis.NONE
    assert vecstore.Unfamiliarity(1.0, None, None, Basis.NONE).distance == 1.0
