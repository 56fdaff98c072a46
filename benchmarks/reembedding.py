"""Moving a collection to another space: how quick beside its encoder, and searches meanwhile."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import vecstore
from benchmarks.encode import MODEL, PLUGIN, documentation
from benchmarks.figures import Bar, Figure
from benchmarks.ground import PATIENCE, Ground
from vecstore.collection import Collection
from vecstore.records import Input, Modality, Role
from vecstore.store import Store

NAME = "reembedding"
SPEED = Bar(0.9)
SLOWER = Bar(3.0, most=True)
TEXTS, QUERIES = 2000, 500
LIVE = "hashing@1"
# Of the hashing encoder, with other numbers.
HASHED = "hashed@1"
DIM = 256
DOCS = "docs"
SHARE = 0.5
MILLI = 1e3
# Of searching in quiet, before and after, and at most of searching while it is filled.
QUIET_SECONDS, BUSY_SECONDS = 5.0, 15.0
THINKING = 0.002
SLOWEST = 99


def run(ground: Ground) -> list[Figure]:
    """Two figures for each encoder that is there, whatever the sizes."""
    given = documentation(TEXTS + QUERIES)
    queries, texts = given[::7][:QUERIES], [one for n, one in enumerate(given) if n % 7][:TEXTS]
    with _built(ground.folder / "reembedding", texts) as store:
        figures = _moved(store, HASHED, texts, queries)
        if importlib.util.find_spec(PLUGIN) is not None:
            figures += _moved(store, MODEL, texts, queries)
    return figures


@contextmanager
def _built(folder: Path, texts: list[str]) -> Iterator[Store]:
    with vecstore.open(folder) as store:
        store.register_encoder(HASHED, loader="hashing", source="builtin", options={"dim": DIM})
        docs = store.create_collection(DOCS, encoder=LIVE)
        docs.upsert([vecstore.Record(id=f"r{n:06}", text=text) for n, text in enumerate(texts)])
        _settled(store)
        yield store


def _moved(store: Store, encoder: str, texts: list[str], queries: list[str]) -> list[Figure]:
    return [_speed(store, encoder, texts), _slowest(store, encoder, queries)]


def _speed(store: Store, encoder: str, texts: list[str]) -> Figure:
    """Records a second, with all the cores, beside the very same encoder on the same texts."""
    loaded = store.models.load(store.models.resolve(encoder))
    inputs = [Input(Modality.TEXT, text) for text in texts]
    step = store.settings.encode_batch

    def bare() -> float:
        start = time.perf_counter()
        for first in range(0, len(inputs), step):
            loaded.encode(inputs[first : first + step], Role.DOCUMENT)
        return time.perf_counter() - start

    loaded.encode(inputs[:64], Role.DOCUMENT)
    before = bare()
    moving = store.collection(DOCS).reembedding()
    start = time.perf_counter()
    moving.start(encoder, cores=1.0)
    *_, status = moving.watch(0.02)
    ours = time.perf_counter() - start
    if status.counts.moved != len(texts):
        raise RuntimeError(f"{status.counts.moved} of {len(texts)} records moved: {status.error}")
    moving.cancel()
    after = bare()
    _settled(store)
    ratios = np.array([before, after]) / ours
    quick = encoder == HASHED
    return Figure(
        NAME,
        f"move {len(texts):,} docstrings to {encoder}",
        f"{len(texts) / ours:,.0f} records/s",
        f"{2 * len(texts) / (before + after):,.0f} texts/s",
        float(ratios.mean()),
        float(ratios.min()),
        float(ratios.max()),
        None if quick else SPEED,
        "beside the encoder alone"
        + ("; it takes less time than the database and the graph" if quick else ""),
    )


def _slowest(store: Store, encoder: str, queries: list[str]) -> Figure:
    """The slowest hundredth of searches by text while it is filled, beside that in quiet."""
    docs = store.collection(DOCS)
    _searched(docs, queries, 1.0, lambda: True)
    quiet = [_searched(docs, queries, QUIET_SECONDS, lambda: True)]
    moving = docs.reembedding()
    busy: list[NDArray[np.float64]] = []
    rates: list[float] = []
    spent = 0.0
    # A quick one is over before enough was asked.
    while spent < BUSY_SECONDS:
        start = time.perf_counter()
        moving.start(encoder, cores=SHARE)
        operation = int(moving.status().id)

        def alive(operation: int = operation) -> bool:
            return store.reembeddings.running(operation) is not None

        busy.append(_searched(docs, queries, BUSY_SECONDS - spent, alive))
        took = time.perf_counter() - start
        rates.append(moving.status().counts.moved / took)
        spent += took
        moving.cancel()
    _settled(store)
    quiet.append(_searched(docs, queries, QUIET_SECONDS, lambda: True))
    ours = float(np.percentile(np.concatenate(busy), SLOWEST))
    peer = float(np.percentile(np.concatenate(quiet), SLOWEST))
    return Figure(
        NAME,
        f"p{SLOWEST} of searches while it is moved to {encoder}",
        f"{MILLI * ours:.1f} ms",
        f"{MILLI * peer:.1f} ms",
        ours / peer,
        bar=SLOWER,
        note=f"beside quiet; half of the cores, {np.mean(rates):,.0f} records/s meanwhile",
    )


def _searched(
    docs: Collection, queries: list[str], seconds: float, wanted: Callable[[], bool]
) -> NDArray[np.float64]:
    """Seconds of each search, one after the other, as of one client that thinks in between."""
    took: list[float] = []
    end = time.perf_counter() + seconds
    while wanted() and (start := time.perf_counter()) < end:
        docs.search(queries[len(took) % len(queries)], k=10)
        took.append(time.perf_counter() - start)
        time.sleep(THINKING)
    return np.array(took)


def _settled(store: Store) -> None:
    row = store.row(DOCS)
    if not store.index(row, row.fields[0]).wait_until_checked(PATIENCE):
        raise RuntimeError(f"the index did not settle within {PATIENCE} s")
