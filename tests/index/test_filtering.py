"""Filtered searches: whichever way is taken, they are held to plain arithmetic."""

import gc
import random as chances
import threading
import time
import weakref

import numpy as np
import pytest

from tests.index.payload_trees import payload, tree
from vecstore.errors import StoreClosed
from vecstore.filters import parse
from vecstore.index import filtering, hnsw, planner
from vecstore.index.exact import ExactIndex
from vecstore.index.filtering import Told
from vecstore.index.searching import Outdated
from vecstore.payload_indexes import IndexType, PayloadIndex
from vecstore.plans import Strategy
from vecstore.spaces import Metric

EVEN = parse({"half": 0})
KEYS = ("kind", "year", "nested.when", "free")


def ask(field, query, filter_, k=10, **more):
    """What is found, its plan, both held to plain arithmetic."""
    answer = field.index.search_filtered(query, k, filter_, explain=True, **more)
    assert answer is not None
    found, plan = answer
    right = field.satisfying(filter_)
    expected = field.oracle(query, k, right)
    assert plan.matching == len(right)
    assert plan.records == len(field.rows)
    assert {hit[2] for hit in found} <= set(right)
    assert len(found) == len(expected)
    if plan.strategy is not Strategy.GRAPH_CHECKED:
        assert [hit[1:] for hit in found] == [hit[1:] for hit in expected]
    apart = {label: distance for distance, _, label in field.oracle(query, len(field.rows))}
    np.testing.assert_allclose(
        [hit[0] for hit in found],
        [apart[hit[2]] for hit in found],
        rtol=1e-5,
        atol=1e-6,
    )
    return found, plan


def numbered(make_field, vectors, **more):
    field = make_field(**more)
    field.open()
    field.payloads = {
        f"r{n}": {"half": n % 2, "tenth": n % 10, "number": n} for n in range(len(vectors))
    }
    field.fill(vectors)
    field.declare("half", "tenth", "number", type_=IndexType.INTEGER)
    return field


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize("spec", ["hnsw", "exact"])
def test_any_filter_after_any_write(make_field, random, metric, spec):
    chance, vectors = chances.Random(3), random(600)
    # Some are the same, so that they share a node; some no graph may hold.
    vectors[100:140] = vectors[:40]
    if metric is not Metric.COSINE:
        vectors[200:203] *= 1e20
    field = make_field(spec, metric=metric)
    field.open()
    field.declare(*KEYS, type_=IndexType.DATETIME)
    for start in range(0, 600, 60):
        ids = [f"r{n}" for n in range(start, start + 60)]
        old = chance.sample(sorted(field.rows), min(len(field.rows), 25))
        field.payloads.update({id_: payload(chance) for id_ in [*ids, *old[:10]]})
        field.write(
            [
                *zip(ids, vectors[start : start + 60], strict=True),
                *((o, vectors[5]) for o in old[:10]),
            ],
            deletes=old[10:15],
        )
        field.pay(**{id_: payload(chance) for id_ in old[15:]})
        if start % 120:
            field.settle()
        for query in random(6, seed=start):
            ask(field, query, tree(chance, KEYS))


def test_each_way_at_its_share(make_field, random, monkeypatch):
    field = numbered(make_field, random(4000))
    field.settle()
    query = random(1, seed=9)[0]
    assert ask(field, query, EVEN, k=5)[1].strategy is Strategy.GRAPH_CHECKED
    assert ask(field, query, parse({"number": 17}))[1].strategy is Strategy.SCAN
    found, plan = ask(field, query, parse({"number": -1}))
    assert (found, plan.strategy, plan.examined) == ([], Strategy.NOTHING, 0)
    assert plan.indexes == ("number",)
    assert "no record" in plan.reason


def test_recall_of_the_graph_with_a_re_check(make_field, random):
    field = numbered(make_field, random(4000), settings={"hnsw_m": 16, "filter_cache_bytes": 0})
    field.settle()
    hits = 0
    for query in random(50, seed=9):
        found, plan = ask(field, query, EVEN)
        assert plan.strategy is Strategy.GRAPH_CHECKED
        hits += len(
            {h[2] for h in found} & {h[2] for h in field.oracle(query, 10, field.satisfying(EVEN))}
        )
    assert hits >= 490


def test_the_graph_is_asked_for_more_until_enough_are_left(make_field, random, monkeypatch):
    """What satisfies the filter lies far from the query."""
    vectors = random(3000)
    vectors[:1500, 0] += 30.0
    vectors[1500:, 0] -= 30.0
    field = make_field(metric=Metric.L2)
    field.open()
    field.payloads = {f"r{n}": {"left": n >= 1500} for n in range(3000)}
    field.fill(vectors)
    field.declare("left")
    field.settle()
    left = parse({"left": True})
    query = vectors[3].copy()
    plan = ask(field, query, left)[1]
    assert plan.strategy is Strategy.SCAN
    assert "too few of those near" in plan.reason
    # A query in between, and a scan that is held to be dear: wider, and wider.
    monkeypatch.setattr(planner, "_ASKED", 0.01)
    plan = ask(field, query, left)[1]
    assert plan.strategy is Strategy.GRAPH_CHECKED
    assert plan.examined > 1500


def test_shared_nodes_the_side_list_and_the_tail_are_found(make_field, random, hold):
    vectors = random(3000)
    vectors[1:60] = vectors[0]
    field = numbered(make_field, vectors, metric=Metric.L2)
    field.settle()
    query = vectors[0]
    assert field.index._state.graph.nodes.shared
    found, plan = ask(field, query, EVEN)
    assert plan.strategy is Strategy.GRAPH_CHECKED
    assert [hit[1] for hit in found] == sorted(f"r{n}" for n in range(0, 60, 2))[:10]
    # One that no graph may hold, and one that has not come to it.
    field.payloads |= {"far": {"half": 0}, "new": {"half": 0}}
    field.write([("far", np.full(16, 1e20, np.float32))])
    field.settle()
    hold(field.index)
    field.write([("new", query)])
    assert len(field.index._state.tail) == 1
    found, plan = ask(field, query, EVEN, k=12)
    assert plan.strategy is Strategy.GRAPH_CHECKED
    assert "new" in {hit[1] for hit in found}
    everything = field.index.search_filtered(query, 5000, EVEN)[0]
    assert len(everything) == 1502
    assert everything[-1][1] == "far"


def test_what_satisfied_a_filter_is_kept_until_something_is_written(make_field, random):
    field = numbered(make_field, random(2000), settings={"hnsw_ef": 10})
    field.settle()
    tenth, query = parse({"tenth": 3}), random(1, seed=4)[0]
    searcher = field.index._filtered
    assert not ask(field, query, tenth)[1].cached
    assert ask(field, query, tenth)[1].cached
    (kept,) = (one for one, _ in searcher.cache._kept.values())
    assert kept.matrix.shape == (200, 16)
    for change in (
        lambda: field.write([("r1", query)]),
        lambda: field.write(deletes=["r3"]),
        lambda: field.pay(r13={"tenth": 4}),
        lambda: field.pay(r0={"tenth": 3}),
    ):
        change()
        assert not ask(field, query, tenth)[1].cached
        assert ask(field, query, tenth)[1].cached


def test_a_graph_that_was_built_anew_is_let_go(make_field, random):
    field = numbered(make_field, random(1000))
    field.settle()
    query, few = random(1, seed=2)[0], parse({"number": {"$lt": 30}})
    ask(field, query, few)
    before = weakref.ref(field.index._state.graph.index)
    field.write(deletes=[f"r{n}" for n in range(500, 1000)])
    field.settle()
    gc.collect()
    assert before() is None
    ask(field, query, few)


def test_one_true_and_1_are_different_filters(make_field, random):
    field = make_field()
    field.open()
    field.payloads = {"r0": {"a": 1}, "r1": {"a": True}, "r2": {"a": 1.0}}
    field.fill(random(3))
    field.declare("a")
    for value in (1, True, 1.0, False, 1):
        ask(field, random(1)[0], parse({"a": value}))
        ask(field, random(1)[0], parse({"a": {"$in": [value]}}))


def test_the_cache_is_bounded(make_field, random):
    field = numbered(make_field, random(2000), settings={"filter_cache_bytes": 20_000})
    field.settle()
    cache = field.index._filtered.cache
    for number in range(60):
        for _ in range(3):
            filter_ = parse({"number": {"$gte": number}, "tenth": 3})
            field.index.search_filtered(random(1)[0], 1, filter_)
            assert cache.nbytes <= 20_000
    assert 0 < len(cache) < 60


def test_sql_is_asked_until_the_payloads_have_been_read(make_field, random, monkeypatch):
    field = make_field()
    field.open()
    field.payloads = {f"r{n}": {"half": n % 2} for n in range(50)}
    field.fill(random(50))
    going, read = threading.Event(), field.payload_rows

    def slowly():
        rows = read()
        assert going.wait(30)
        return rows

    monkeypatch.setattr(field, "payload_rows", slowly)
    field.declare("half", wait=False)
    query = random(1)[0]
    assert field.index.search_filtered(query, 3, parse({"other": 1})) is None
    assert field.index.search_filtered(query, 3, EVEN) is None
    # Written while they are read.
    field.pay(r0={"half": 1}, r1={"half": 0})
    field.payloads |= {"new": {"half": 0}, "gone": {"half": 0}}
    field.write([("new", query), ("gone", query)], deletes=["r2"])
    field.write(deletes=["gone"])
    version = field.index.version
    told = Told(np.array(field.satisfying(EVEN)), version)
    assert ask(field, query, EVEN, told=told)[1].indexes == ()
    going.set()
    assert field.index.wait_until_declared(30)
    assert ask(field, query, EVEN)[1].indexes == ("half",)


def test_what_sql_told_must_be_of_this_moment(make_field, random):
    field = make_field()
    field.open()
    field.payloads = {f"r{n}": {"half": n % 2} for n in range(50)}
    field.fill(random(50))
    told = Told(np.array(field.satisfying(EVEN)), field.index.version)
    ask(field, random(1)[0], EVEN, told=told)
    field.write(deletes=["r2"])
    with pytest.raises(Outdated):
        field.index.search_filtered(random(1)[0], 3, EVEN, told)
    beyond = Told(np.array([10**9]), field.index.version)
    with pytest.raises(Outdated):
        field.index.search_filtered(random(1)[0], 3, EVEN, beyond)


def test_other_keys_and_none(make_field, random):
    field = numbered(make_field, random(50))
    query = random(1)[0]
    field.declare("tenth")
    assert field.index.search_filtered(query, 3, EVEN) is None
    ask(field, query, parse({"tenth": 3}))
    field.declare()
    assert field.index.search_filtered(query, 3, parse({"tenth": 4})) is None


def test_payloads_that_cannot_be_read_leave_filters_to_sql(make_field, random, monkeypatch, caplog):
    field = make_field()
    field.open()
    field.fill(random(5))
    monkeypatch.setattr(field, "payload_rows", lambda: [(1, "{")])
    field.declare("half", wait=False)
    assert not field.index.wait_until_declared(30)
    assert "answered by the database" in caplog.text
    assert field.index.search_filtered(random(1)[0], 3, EVEN) is None


def test_a_store_that_is_closed_while_they_are_read(make_field, random):
    def closed(_):
        raise StoreClosed("the store is closed")

    field = make_field()
    field.open()
    field.fill(random(5))
    index = [PayloadIndex("half", IndexType.KEYWORD)]
    field.index.declare(index, field.payload_rows, closed)
    assert not field.index.wait_until_declared(30)


class Plain(ExactIndex):
    """A backend that shows no rows."""

    rows = at = tend = None


def test_a_backend_that_shows_no_rows(make_field, random, specs, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr("vecstore.index.gathering._by_row", lambda backend: False)
    spec = replace(specs["hnsw"], create=Plain, exact=False)
    vectors = random(700)
    vectors[1:9] = vectors[0]
    field = numbered(make_field, vectors, spec=spec, metric=Metric.L2)
    field.payloads["far"] = {"half": 0}
    field.write([("far", np.full(16, 1e20, np.float32)), ("r8", vectors[8])], deletes=["r4"])
    for filter_ in (EVEN, parse({"tenth": 3}), parse({"number": {"$lt": 12}})):
        for k in (3, 400):
            ask(field, vectors[0], filter_, k=k)


@pytest.mark.parametrize("piece", [16, 2048])
def test_nothing_is_missed_beside_writes(make_field, random, monkeypatch, piece):
    """Records are replaced one by one; at no moment does one of them not satisfy the filter."""
    monkeypatch.setattr(filtering, "_PIECE", piece)
    field = numbered(make_field, random(300), metric=Metric.L2)
    field.settle()
    stop, wrong, answers = threading.Event(), [], 0

    def search(seed):
        nonlocal answers
        chance = np.random.default_rng(seed)
        while not stop.is_set():
            number = int(chance.integers(3))
            filter_ = [
                EVEN,
                parse({"half": 0, "number": {"$gte": 0}}),
                parse({"half": {"$ne": 1}}),
            ][number]
            found = field.index.search_filtered(chance.random(16, np.float32), 500, filter_)[0]
            names = [hit[1] for hit in found]
            if sorted(names) != sorted(f"r{n}" for n in range(0, 300, 2)):
                wrong.append(names)
            answers += 1

    threads = [threading.Thread(target=search, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    chance, until = np.random.default_rng(5), time.monotonic() + 2.0
    while time.monotonic() < until and not wrong:
        number = int(chance.integers(300))
        if number % 3:
            field.write([(f"r{number}", chance.random(16, np.float32))])
        else:
            field.pay(**{f"r{number}": {"half": number % 2, "number": number}})
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert answers > 5


@pytest.mark.parametrize("metric", Metric)
def test_native_code_and_numpy_give_the_same_answer(make_field, random, monkeypatch, metric):
    # Equal ones stand in one node of the graph, so that the second range is gathered the other way.
    vectors = random(600)
    vectors[200:260] = vectors[7]
    field = numbered(make_field, vectors, metric=metric)
    field.settle()
    native = hnsw.native()
    for low, high in ((300, 500), (190, 290), (5, 9)):
        filter_ = parse({"number": {"$gte": low, "$lt": high}})
        for query in (vectors[7], vectors[300]):
            answers = []
            for there in (native, False):
                monkeypatch.setattr(hnsw, "native", lambda there=there: there)
                field.index._filtered.cache.clear()
                answers.append(ask(field, query, filter_))
            assert answers[0] == answers[1]
