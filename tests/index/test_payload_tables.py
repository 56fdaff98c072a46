"""Declared keys in memory, held to what a filter means."""

import json
import random
from collections import Counter

import pytest

from tests.index.payload_trees import KEYS, payload, tree
from vecstore.filters import matches, parse, scalars
from vecstore.index.payloads.entries import Entries
from vecstore.index.payloads.runs import Floats
from vecstore.index.payloads.tables import PayloadTables, declared_paths, settled
from vecstore.payload_indexes import IndexType, PayloadIndex

ALL = declared_paths([PayloadIndex(key, IndexType.DATETIME) for key in KEYS])


def put(tables, payloads):
    tables.put(tables.read((label, json.dumps(one)) for label, one in payloads.items()))


@pytest.mark.parametrize("seed", range(4))
def test_filters_mean_what_they_mean(seed):
    chance = random.Random(seed)
    tables, live, label, satisfied, renewals = PayloadTables(ALL), {}, 10, 0, 0
    for _ in range(25):
        dead = chance.sample(sorted(live), min(len(live), chance.choice([0, 1, 150])))
        tables.drop(dead)
        live = {one: held for one, held in live.items() if one not in dead}
        new = {}
        for _ in range(chance.choice([1, 3, 300])):
            if live and chance.random() < 0.3:
                new[chance.choice(list(live))] = payload(chance)
            else:
                label += chance.choice([1, 1, 9])
                new[label] = payload(chance)
        put(tables, new)
        live.update(new)
        settled(tables.settle())
        if tables.crowded:
            renewals += 1
            tables = tables.renewed()
        for _ in range(25):
            filter_ = tree(chance)
            assert tables.covers(filter_)
            found = tables.satisfying(filter_).tolist()
            assert sorted(found) == sorted(one for one in live if matches(filter_, live[one]))
            satisfied += len(found) > 0
    assert renewals
    assert satisfied > 200


@pytest.mark.parametrize("seed", range(3))
def test_values_are_tallied_as_they_stand_in_the_payloads(seed):
    chance = random.Random(seed)
    tables, live, several = PayloadTables(ALL), {}, 0
    for round_ in range(8):
        dead = chance.sample(sorted(live), len(live) // 3)
        tables.drop(dead)
        live = {one: held for one, held in live.items() if one not in dead}
        new = {round_ * 1000 + n: payload(chance) for n in range(chance.choice([3, 300]))}
        new |= {one: payload(chance) for one in list(live)[:20]}
        put(tables, new)
        live.update(new)
        settled(tables.settle())
        for filter_ in (None, tree(chance), tree(chance)):
            kept = [one for one in live.values() if filter_ is None or matches(filter_, one)]
            for path in ALL:
                expected = Counter(
                    name
                    for one in kept
                    for name in {(isinstance(each, bool), each) for each in scalars(path, one)}
                )
                several += len(expected) > 1
                assert tables.tallied(path, filter_, 1000) == expected
                if len(expected) > 1:
                    assert tables.tallied(path, filter_, len(expected) - 1) is None
    assert several > 20


def test_ranges_on_one_key_are_one_slice_unless_a_list_holds_both():
    between = parse({"year": {"$gt": 3, "$lt": 7}})
    tables = PayloadTables(declared_paths([PayloadIndex("year", IndexType.INTEGER)]))
    put(tables, {1: {"year": 5}, 2: {"year": 9}, 3: {"year": 2}, 4: {"year": "5"}})
    assert tables.satisfying(between).tolist() == [1]
    assert tables.satisfying(parse({"year": {"$gt": 7, "$lt": 3}})).tolist() == []
    # 9 is above 3, and 2 is below 7.
    put(tables, {5: {"year": [2, 9]}})
    assert sorted(tables.satisfying(between).tolist()) == [1, 5]


@pytest.mark.parametrize(
    ("type_", "filter_", "covered"),
    [
        (IndexType.KEYWORD, {"a": 3}, True),
        (IndexType.KEYWORD, {"a": {"$exists": True}}, True),
        (IndexType.KEYWORD, {"a": 3, "b": 1}, False),
        (IndexType.KEYWORD, {"$not": {"b": 1}}, False),
        (IndexType.KEYWORD, {"a": {"$gt": {"$datetime": "2000-01-01"}}}, False),
        (IndexType.KEYWORD, {"a": {"$in": [1, {"$datetime": "2000-01-01"}]}}, False),
        (IndexType.DATETIME, {"a": {"$gt": {"$datetime": "2000-01-01"}}}, True),
        (IndexType.TEXT, {"a": "x"}, False),
        (IndexType.KEYWORD, {}, True),
    ],
)
def test_what_is_covered(type_, filter_, covered):
    tables = PayloadTables(declared_paths([PayloadIndex("a", type_)]))
    assert tables.covers(parse(filter_)) is covered


def test_entries_written_one_by_one_stay_few_and_sorted():
    entries = Entries(Floats.of)
    for slot in range(5000):
        entries.add([float(slot * 7919 % 5000)], [slot])
        if entries.loose:
            entries.settle(entries.settled())
    assert len(list(entries)) < 6
    start_end = [run.span(4999.0) for run in entries]
    assert sum(end - start for start, end in start_end) == 1
    assert sum(len(run.slots) for run in entries) == 5000


def test_a_label_that_was_never_there_may_die():
    tables = PayloadTables(ALL)
    tables.drop([5])
    put(tables, {7: {"year": 1}})
    tables.drop([3, 7, 7, 900])
    assert tables.satisfying(parse({})).tolist() == []
