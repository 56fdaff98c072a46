import json
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from vecstore.config import Settings
from vecstore.filters import matches
from vecstore.index.builtin import index_backends
from vecstore.index.exact import ExactIndex
from vecstore.index.live import LiveIndex
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.spaces import Metric, Space
from vecstore.specs import IndexSpec

DIM = 16
SETTINGS = Settings(index_threads=2, hnsw_m=8, hnsw_ef_construction=60, snapshot_seconds=3600.0)


@dataclass
class Field:
    """One vector field: what SQL would hold, and the index that follows it."""

    folder: Path
    spec: IndexSpec
    metric: Metric = Metric.COSINE
    dim: int = DIM
    settings: Settings = SETTINGS
    store_id: str = "store"
    field_key: str = "1/1"
    space: Space | None = None
    rows: dict[str, tuple[int, np.ndarray]] = field(default_factory=dict)
    label: int = 0
    errors: list[BaseException] = field(default_factory=list)
    fetched: list[int] = field(default_factory=list)
    payloads: dict[str, dict] = field(default_factory=dict)
    writer: threading.RLock = field(default_factory=threading.RLock)
    index: LiveIndex | None = None

    def open(self, **changes) -> LiveIndex:
        """A fresh index over the present rows."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.index = LiveIndex(
            self.spec,
            self.space or Space("model", "1", self.dim, "f" * 64),
            self.metric,
            self.folder,
            self.settings,
            store_id=self.store_id,
            field_key=self.field_key,
            on_error=self.errors.append,
        )
        self.index.open(self.sql_rows(), self.fetch)
        return self.index

    def sql_rows(self) -> SimpleNamespace:
        ordered = sorted((label, id_, values) for id_, (label, values) in self.rows.items())
        return SimpleNamespace(
            labels=np.array([row[0] for row in ordered], np.int64),
            ids=[row[1] for row in ordered],
            crcs=np.array([zlib.crc32(row[2]) for row in ordered], np.uint32),
        )

    def fetch(self, labels: np.ndarray) -> np.ndarray:
        self.fetched.extend(labels.tolist())
        by_label = dict(self.rows.values())
        return np.stack([by_label[label] for label in labels.tolist()])

    def write(self, upserts=(), deletes=()) -> list[int]:
        """Commit, and let the index follow. Labels have gaps, as other fields use some."""
        with self.writer:
            return self._write(upserts, deletes)

    def _write(self, upserts, deletes) -> list[int]:
        removed = [self.rows.pop(id_)[0] for id_ in deletes]
        labels, ids, values = [], [], []
        for id_, vector in upserts:
            if id_ in self.rows:
                removed.append(self.rows[id_][0])
            self.label += 1 + self.label % 3
            self.rows[id_] = (self.label, np.asarray(vector, np.float32))
            labels.append(self.label)
            ids.append(id_)
            values.append(self.rows[id_][1])
        matrix = np.stack(values) if values else np.empty((0, self.dim), np.float32)
        crcs = [zlib.crc32(value) for value in values]
        payloads = {label: self._json(id_) for label, id_ in zip(labels, ids, strict=True)}
        self.index.applied_write(removed, labels, ids, crcs, matrix, payloads)
        return labels

    def pay(self, **payloads: dict) -> None:
        """Write the payloads of some records, and nothing else of them."""
        with self.writer:
            self.payloads.update(payloads)
            changed = {self.rows[id_][0]: self._json(id_) for id_ in payloads}
            nothing = np.empty((0, self.dim), np.float32)
            self.index.applied_write([], [], [], [], nothing, changed)

    def declare(self, *keys: str, type_: IndexType = IndexType.KEYWORD, wait: bool = True) -> None:
        """Answer filters on these keys from memory."""

        def between(read: Callable[[], None]) -> None:
            with self.writer:
                read()

        self.index.declare([PayloadIndex(key, type_) for key in keys], self.payload_rows, between)
        assert not wait or self.index.wait_until_declared(30)

    def payload_rows(self) -> list[tuple[int, str]]:
        with self.writer:
            return [(label, self._json(id_)) for id_, (label, _) in self.rows.items()]

    def _json(self, id_: str) -> str:
        return json.dumps(self.payloads.get(id_, {}))

    def satisfying(self, filter_) -> list[int]:
        """Labels of the records that satisfy a filter, by its meaning."""
        return [
            label
            for id_, (label, _) in self.rows.items()
            if matches(filter_, self.payloads.get(id_, {}))
        ]

    def fill(self, vectors: np.ndarray, prefix: str = "r") -> None:
        self.write([(f"{prefix}{n}", vector) for n, vector in enumerate(vectors)])

    def settle(self) -> None:
        assert self.index.wait_until_checked(120)

    def oracle(self, query: np.ndarray, k: int, allowed=None) -> list[tuple[float, str, int]]:
        """The right answer, by plain arithmetic."""
        answers = []
        wanted = None if allowed is None else set(np.asarray(allowed).tolist())
        one = query.astype(np.float64)
        for id_, (label, values) in self.rows.items():
            if wanted is not None and label not in wanted:
                continue
            other = values.astype(np.float64)
            if self.metric is Metric.L2:
                distance = float(((one - other) ** 2).sum())
            elif self.metric is Metric.IP:
                distance = 1.0 - float((one * other).sum())
            else:
                cosine = (one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other)
                distance = 1.0 - float(cosine)
            answers.append((distance, id_, label))
        return sorted(answers)[:k]

    def recall(self, queries: np.ndarray, k: int = 10) -> float:
        hits = 0
        for query in queries:
            found = self.index.search(query, k)
            assert len(found) == min(k, len(self.rows))
            assert found == sorted(found)
            for _, id_, label in found:
                assert self.rows[id_][0] == label
            hits += len({hit[2] for hit in found} & {hit[2] for hit in self.oracle(query, k)})
        return hits / sum(min(k, len(self.rows)) for _ in queries)

    def check_exact(self, queries: np.ndarray, k: int = 10) -> None:
        """The same ids in the same order, distances as near as float32 can be."""
        for query in queries:
            found, expected = self.index.search(query, k), self.oracle(query, k)
            assert [hit[1:] for hit in found] == [hit[1:] for hit in expected]
            np.testing.assert_allclose(
                [hit[0] for hit in found], [hit[0] for hit in expected], rtol=1e-5, atol=1e-6
            )


@pytest.fixture
def specs() -> dict[str, IndexSpec]:
    return {spec.name: spec for spec in index_backends(SETTINGS)}


@pytest.fixture
def make_field(tmp_path, specs) -> Iterator[Callable[..., Field]]:
    """Makes fields; their indexes are closed at the end."""
    made: list[Field] = []

    def make(spec="hnsw", **changes) -> Field:
        settings = replace(SETTINGS, **changes.pop("settings", {}))
        chosen = spec if isinstance(spec, IndexSpec) else specs[spec]
        one = Field(tmp_path / f"index{len(made)}", chosen, settings=settings, **changes)
        made.append(one)
        return one

    yield make
    for one in made:
        if one.index is not None:
            one.index.close()


@pytest.fixture
def random():
    """(count, dim, seed) -> standard normal float32 vectors."""

    def draw(count, dim=DIM, seed=0):
        return np.random.default_rng(seed).standard_normal((count, dim), np.float32)

    return draw


@pytest.fixture
def hold():
    """Stops an index's background work, so that what comes next stays in the tail."""

    def stop(index: LiveIndex) -> None:
        index._keeper._worker.stop()

    return stop


class Wrapped:
    """An exact index of which a test can change what it does; it does not say that it is exact."""

    hidden: frozenset[int] = frozenset()

    def __init__(self, dim, metric, capacity):
        self.inner = ExactIndex(dim, metric, capacity)

    def __len__(self):
        return len(self.inner)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def search(self, query, k):
        keys, distances = self.inner.search(query, k + len(self.hidden))
        seen = ~np.isin(keys, list(self.hidden))
        return keys[seen][:k], distances[seen][:k]


@pytest.fixture
def wrapped() -> Callable[..., tuple[IndexSpec, list[Wrapped]]]:
    """Makes a spec over :class:`Wrapped`, with some methods replaced, and the list of its indexes.

    A method is given the wrapped index and its arguments.
    """

    def make(**methods) -> tuple[IndexSpec, list[Wrapped]]:
        made: list[Wrapped] = []
        kind = type("Altered", (Wrapped,), methods)

        def create(dim, metric, capacity):
            made.append(kind(dim, metric, capacity))
            return made[-1]

        def load(path, dim, metric):
            index = create(dim, metric, 1)
            index.inner = ExactIndex.load(path, dim, metric)
            return index

        return IndexSpec("wrapped", "For tests.", create, load), made

    return make
