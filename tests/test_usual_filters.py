"""The short way of reading a filter comes to what the long way does, or leaves it to that."""

import datetime
import enum
import math
import random

import numpy as np
import pytest

from vecstore.errors import InvalidFilter
from vecstore.filters import And, Comparison, Operator, parse, parsing
from vecstore.filters.usual import usual


class Text(str):
    __slots__ = ()

    def __repr__(self):
        return "no plain string"


class Whole(enum.IntEnum):
    ONE = 1


class Dict(dict):
    pass


KEYS = ["a", "b_1", "Ä", "a.b", "a-b", "$or", "$gte", "", "a\0", "\ud800", Text("a"), 7, None]
NAMES = [*map(str, Operator), *Operator, "$in", "$exists", "$not", "$datetime", "gt", 7, None]
VALUES = [
    *(0, 1, -5, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 1.0, -0.0, 1e300),
    *(math.nan, math.inf, True, False, None, "", "x", "Ä\n", "a\0", "\ud800", b"x", Text("x")),
    *(Whole.ONE, np.int64(3), np.float64(2.5), 1j, [], [1], (), {}, {"a": 1}, Dict(a=1)),
    *(datetime.date(2026, 1, 2), {"$datetime": "2026-01-02T00:00:00Z"}, {"$gt": 1}),
    And(()),
]


def outcome(given):
    """What becomes of a filter, types and all."""
    try:
        return repr(parse(given))
    except InvalidFilter as error:
        return error.message


def drawn(chance):
    def conditions():
        few = chance.randrange(4) if chance.random() < 0.95 else 20
        return {chance.choice(NAMES): chance.choice(VALUES) for _ in range(few)}

    def value():
        return conditions() if chance.random() < 0.6 else chance.choice(VALUES)

    keys = [chance.choice(KEYS[:3]) if chance.random() < 0.8 else chance.choice(KEYS)]
    keys += [chance.choice(KEYS) for _ in range(chance.randrange(3))]
    return {key: value() for key in keys}


def test_whatever_is_asked(monkeypatch):
    chance = random.Random(8)
    asked = [drawn(chance) for _ in range(20_000)]
    asked += [{key: value} for key in KEYS for value in VALUES]
    asked += [{"a": {name: value}} for name in NAMES for value in VALUES]
    asked += [{}, Dict(a=1), {f"k{n}": n for n in range(600)}, And(()), None, 7, "a"]
    asked.append({"a": {**dict.fromkeys(Operator, "x"), "$gt": "y"}})
    short = sum(usual(one) is not None for one in asked)
    assert short > 1000
    found = [outcome(one) for one in asked]
    monkeypatch.setattr(parsing, "usual", lambda _: None)
    for given, one in zip(asked, found, strict=True):
        assert one == outcome(given), given


@pytest.mark.parametrize(
    "given",
    [
        {"year": {"$gte": 2000, "$lt": 2010}},
        {"kind": "book", "year": {"$gte": 2000.5}, "sold": None},
        {"name": {"$prefix": "a", "$ne": "ab"}},
    ],
)
def test_the_usual_ones_go_the_short_way(given, monkeypatch):
    monkeypatch.delattr(parsing, "Checker")
    assert parse(given) == usual(given)


def test_many_keys_are_counted_by_the_long_way():
    assert usual({f"k{n}": n for n in range(17)}) is None
    assert isinstance(usual({f"k{n}": n for n in range(16)}), And)
    assert usual({"a": 1}) == Comparison(("a",), Operator.EQ, 1)
