"""Collections of vectors without an encoder, on either database."""

import time

import numpy as np
import pytest

import vecstore
from vecstore import Record, Vector

DIM = 8


class Points:
    """A collection of plain vectors.

    Args:
        collection: the collection; its payload key ``kind`` holds a class.
    """

    def __init__(self, collection):
        self.collection = collection
        self.rows = {}

    def vector(self, row):
        return Vector(self.collection.space, np.asarray(row, np.float32))

    def add(self, rows, kinds=None, prefix="r"):
        """Adds rows (n, dim) under new ids, and returns these."""
        first = len(self.rows)
        ids = [f"{prefix}{first + n:05d}" for n in range(len(rows))]
        payloads = [{} if kinds is None else {"kind": kinds[n]} for n in range(len(rows))]
        self.collection.upsert(
            Record(id=id_, vector=self.vector(row), payload=payload)
            for id_, row, payload in zip(ids, rows, payloads, strict=True)
        )
        self.rows.update(zip(ids, rows, strict=True))
        return ids

    def ask(self, row, **options):
        options = {"k": 3, "include_text": False, "include_payload": False, **options}
        return self.collection.search(self.vector(row), **options).unfamiliarity

    def calibrate(self, rows=None, **options):
        queries = None if rows is None else [self.vector(row) for row in rows]
        return self.collection.calibrate(queries, **options)

    def settled(self, row, wanted, seconds=20.0):
        """Asks until the collection's calibration is as wanted: background work is awaited."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.ask(row)
            calibration = self.collection.info().calibration
            if wanted(calibration):
                return found
            assert time.monotonic() < deadline, calibration
            time.sleep(0.01)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def store(tmp_path):
    with vecstore.open(tmp_path / "store") as store:
        yield store


@pytest.fixture
def points(store):
    return make(store)


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request, tmp_path):
    """Opens the same store again and again."""
    database = None
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    return lambda **settings: vecstore.open(
        tmp_path / "data", database=database, settings=vecstore.Settings(**settings)
    )


@pytest.fixture
def make_points():
    return make


def make(store, name="points", metric="l2"):
    if "plain@1" not in {info.name for info in store.list_encoders()}:
        store.declare_space("plain@1", dim=DIM, provenance="a test's own numbers")
    return Points(store.create_collection(name, encoder="plain@1", metric=metric))


@pytest.fixture
def reopened():
    return lambda store, name="points": Points(store.collection(name))
