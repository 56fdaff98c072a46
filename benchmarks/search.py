"""Embedded search without payload, one query at a time, beside hnswlib's ``knn_query``."""

from __future__ import annotations

import vecstore
from benchmarks import bare
from benchmarks.figures import Bar, Figure
from benchmarks.ground import COLLECTION, Ground, key_of, opened, part
from benchmarks.measure import MICRO, Rounds, interleave, joined, rate
from vecstore.collection import Collection
from vecstore.spaces import FloatArray

NAME = "search"
SPEED = Bar(0.85)
RECALL = Bar(0.98)
# Short turns, and many: what else runs on the machine then falls on both sides alike.
TURN, TURNS = 20, 2
# Where the memory of an index happens to lie makes some per cent, so both are loaded several times.
SITTINGS = 5


def run(ground: Ground) -> list[Figure]:
    """Speed and recall at every size."""
    return [figure for size in ground.sizes for figure in _at(ground, size)]


def _at(ground: Ground, size: int) -> list[Figure]:
    queries = ground.queries()
    sittings = [_sitting(ground, size, queries) for _ in range(SITTINGS)]
    rounds = joined(sittings)
    low, ratio, high = rounds.quicker()
    mine, its = rate(TURN, rounds.ours), rate(TURN, rounds.peer)
    speed = Figure(
        NAME,
        f"search, embedded, {size:,}",
        f"{mine:,.0f} q/s",
        f"{its:,.0f} q/s",
        ratio,
        low,
        high,
        SPEED,
        f"{MICRO / mine - MICRO / its:.0f} µs a query more; by processor time "
        f"{rounds.thriftier():.2f}",
    )
    return [speed, _recall(ground, size)]


def _sitting(ground: Ground, size: int, queries: FloatArray) -> Rounds:
    built = ground.built(size)
    index = bare.load(built.path, ground.dim)
    with opened(built.folder) as store:
        collection = store.collection(COLLECTION)
        tagged = [vecstore.Vector(collection.space, query) for query in queries]

        def ours(number: int) -> None:
            for vector in tagged[part(queries, number, TURN)]:
                ask(collection, vector)

        def peer(number: int) -> None:
            for query in queries[part(queries, number, TURN)]:
                index.knn_query(query, bare.K)

        return interleave(ours, peer, TURNS * ground.rounds)


def ask(collection: Collection, vector: vecstore.Vector) -> vecstore.Hits:
    """The search that is measured."""
    return collection.search(vector, k=bare.K, include_payload=False, include_text=False)


def _recall(ground: Ground, size: int) -> Figure:
    built, vectors, queries = ground.built(size), ground.vectors(size), ground.queries()
    limit = bare.threshold(vectors, queries)
    index = bare.load(built.path, ground.dim)
    plain = [index.knn_query(query, bare.K)[0][0].tolist() for query in queries]
    with opened(built.folder) as store:
        collection = store.collection(COLLECTION)
        tagged = (vecstore.Vector(collection.space, query) for query in queries)
        found = [[key_of(hit.id) for hit in ask(collection, vector)] for vector in tagged]
    ours = bare.recall(found, vectors, queries, limit)
    peer = bare.recall(plain, vectors, queries, limit)
    return Figure(
        NAME,
        f"recall@{bare.K}, {size:,}",
        f"{ours:.4f}",
        f"{peer:.4f}",
        ours,
        bar=RECALL,
        plain=True,
    )
