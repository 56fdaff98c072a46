"""Search over gRPC beside the minimal server: one call at a time, and 16 in flight."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import grpc

import vecstore
import vecstore.aio
from benchmarks import bare, minimal
from benchmarks.figures import Bar, Figure
from benchmarks.ground import COLLECTION, Ground, key_of, part
from benchmarks.in_flight import IN_FLIGHT, in_flight
from benchmarks.measure import MICRO, Rounds, interleave, joined, rate
from benchmarks.served import server
from vecstore.spaces import FloatArray

NAME = "grpc"
SPEED = Bar(0.8)
# Calls of one turn: one at a time, with so many times the turns; and in flight.
TURN, TURNS, MANY = 25, 4, 200
COMPARED = 100
# On which processors three processes end up makes a difference, so they are started several times,
# at most once a round.
SITTINGS = 5
# The answers of both servers agree about this much at least, or something is wrong with one.
AGREEMENT = 0.8


def run(ground: Ground) -> list[Figure]:
    """At every size."""
    return [figure for size in ground.sizes for figure in _at(ground, size)]


def _at(ground: Ground, size: int) -> list[Figure]:
    count = min(SITTINGS, ground.rounds)
    rounds = math.ceil(ground.rounds / count)
    sittings = [_sitting(ground, size, rounds) for _ in range(count)]
    single, many = (joined(parts) for parts in zip(*sittings, strict=True))
    return [_figure(single, size, 1, TURN), _figure(many, size, IN_FLIGHT, MANY)]


def _sitting(ground: Ground, size: int, rounds: int) -> tuple[Rounds, Rounds]:
    built, queries = ground.built(size), ground.queries()
    with (
        server("benchmarks.served", built.folder) as ours,
        server("benchmarks.minimal", built.path, size, ground.dim) as peer,
        asyncio.Runner() as runner,
    ):
        single = _one_at_a_time(ours, peer, queries, rounds)
        return single, _in_flight(runner, ours, peer, queries, rounds)


def _figure(rounds: Rounds, size: int, in_flight: int, turn: int) -> Figure:
    low, ratio, high = rounds.quicker()
    mine, its = rate(turn, rounds.ours), rate(turn, rounds.peer)
    return Figure(
        NAME,
        f"search over gRPC, {in_flight} in flight, {size:,}",
        f"{mine:,.0f} q/s",
        f"{its:,.0f} q/s",
        ratio,
        low,
        high,
        SPEED,
        f"{MICRO / mine - MICRO / its:.0f} µs a query more",
    )


def _one_at_a_time(ours: str, peer: str, queries: FloatArray, rounds: int) -> Rounds:
    with vecstore.connect(ours) as client, grpc.insecure_channel(peer) as channel:
        collection = client.collection(COLLECTION)
        tagged = [vecstore.Vector(collection.space, query) for query in queries]
        call = minimal.stub(channel)

        def ask_ours(vector: vecstore.Vector) -> vecstore.Hits:
            return collection.search(vector, k=bare.K, include_payload=False, include_text=False)

        def ask_peer(query: FloatArray) -> list[tuple[str, float]]:
            return minimal.answer(call(minimal.question(query)))

        require_agreement(
            [[key_of(hit.id) for hit in ask_ours(vector)] for vector in tagged[:COMPARED]],
            [[key_of(id_) for id_, _ in ask_peer(query)] for query in queries[:COMPARED]],
        )
        return interleave(
            lambda number: [ask_ours(vector) for vector in tagged[part(queries, number, TURN)]],
            lambda number: [ask_peer(query) for query in queries[part(queries, number, TURN)]],
            TURNS * rounds,
        )


def _in_flight(
    runner: asyncio.Runner, ours: str, peer: str, queries: FloatArray, rounds: int
) -> Rounds:
    async def connect() -> tuple[Any, Any, Any]:
        client = await vecstore.aio.connect(ours)
        return client, await client.collection(COLLECTION), grpc.aio.insecure_channel(peer)

    client, collection, channel = runner.run(connect())
    tagged = [vecstore.Vector(collection.space, query) for query in queries]
    call = minimal.stub(channel)

    async def ask_ours(vector: vecstore.Vector) -> None:
        await collection.search(vector, k=bare.K, include_payload=False, include_text=False)

    async def ask_peer(query: FloatArray) -> None:
        minimal.answer(await call(minimal.question(query)))

    async def close() -> None:
        await client.close()
        await channel.close()

    try:
        return interleave(
            lambda number: runner.run(in_flight(ask_ours, tagged[part(queries, number, MANY)])),
            lambda number: runner.run(
                in_flight(ask_peer, list(queries[part(queries, number, MANY)]))
            ),
            rounds,
        )
    finally:
        runner.run(close())


def require_agreement(ours: list[list[int]], peer: list[list[int]]) -> None:
    """Raise RuntimeError where two servers' answers, keys for each query, have little in common."""
    shared = sum(len(set(a) & set(b)) for a, b in zip(ours, peer, strict=True))
    share = shared / (bare.K * len(peer))
    if share < AGREEMENT:
        raise RuntimeError(
            f"the two servers' answers have only {share:.0%} of their hits in common; a "
            "comparison of their speed would mean nothing"
        )
