"""Embedded search without payload, one query at a time, beside hnswlib's ``knn_query``."""

from __future__ import annotations

from typing import Any

import vecstore
from benchmarks import bare
from benchmarks.figures import Bar, Figure
from benchmarks.ground import COLLECTION, Ground, key_of, opened, part
from benchmarks.measure import MICRO, interleave, rate
from vecstore.collection import Collection

NAME = "search"
SPEED = Bar(0.85)
RECALL = Bar(0.98)
# Short turns, and many: what else runs on the machine then falls on both sides alike.
TURN, TURNS = 20, 10


def run(ground: Ground) -> list[Figure]:
    """Speed and recall at every size."""
    return [figure for size in ground.sizes for figure in _at(ground, size)]


def _at(ground: Ground, size: int) -> list[Figure]:
    built = ground.built(size)
    queries = ground.queries()
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

        rounds = interleave(ours, peer, TURNS * ground.rounds)
        found = [[key_of(hit.id) for hit in ask(collection, vector)] for vector in tagged]
    low, ratio, high = rounds.quicker()
    mine, its = rate(TURN, rounds.ours), rate(TURN, rounds.peer)
    extra = MICRO / mine - MICRO / its
    speed = Figure(
        NAME,
        f"search, embedded, {size:,}",
        f"{mine:,.0f} q/s",
        f"{its:,.0f} q/s",
        ratio,
        low,
        high,
        SPEED,
        f"{extra:.0f} µs a query more",
    )
    return [speed, _recall(ground, size, found, index)]


def ask(collection: Collection, vector: vecstore.Vector) -> vecstore.Hits:
    """The search that is measured."""
    return collection.search(vector, k=bare.K, include_payload=False, include_text=False)


def _recall(ground: Ground, size: int, found: list[list[int]], index: Any) -> Figure:
    vectors, queries = ground.vectors(size), ground.queries()
    limit = bare.threshold(vectors, queries)
    plain = [index.knn_query(query, bare.K)[0][0].tolist() for query in queries]
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
