"""Filters as SQL select what the evaluator in plain Python selects, on both databases."""

from __future__ import annotations

import json
import math
import random
import struct
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    create_engine,
    insert,
    make_url,
    select,
)

from vecstore.errors import InvalidArgument
from vecstore.filters import (
    EVERYTHING,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_PATH,
    MAX_VALUES,
    And,
    Comparison,
    Existence,
    Filter,
    Membership,
    Not,
    Operator,
    Or,
    key_text,
    parse,
)
from vecstore.instants import Instant, instant_of
from vecstore.storage import where_sqlite
from vecstore.storage.intervals import neighbours
from vecstore.storage.where import where

PAYLOAD = column("payload", Text)

NUMBERS: list[Any] = [
    *(0, -0.0, 0.0, 1, 1.0, -1, 2, 1.5, 0.1, 0.1 + 0.2, 0.3, 10, 100.0, 123456789012345.6),
    *(2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, 2.0**53 - 1, 2.0**53, 2.0**53 + 2, -(2**53) - 1),
    *(2**63 - 1, 2**63 - 2, -(2**63), 1 - 2**63, 2.0**63, -(2.0**63), 2.0**63 - 1024, 2.0**64),
    *(1.2345678901234568e18, 1234567890123456768, 1234567890123456789, 1234567890123456512),
    *(10**18, 1e18, 10**16, 1e16, 1e22, 1e-7, 1.7976931348623157e308, -1.7976931348623157e308),
    *(5e-324, 1e-323, -5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1e308, 1e-300),
]
STRINGS = [
    *("", " ", "a", "A", "b", "B", "aa", "a ", "ß", "ss", "é", "e\u0301", "z", "Ω", "\ufb01"),
    *("\U0001f600", "\U0001f601", "\uffff", "\ue000", "\ud7ff", "\u0001", "\x7f", "\u2028", "\t"),
    *('"', "'", "\\", "\\\\", '\\"', "\\u0022", "\\n", "\n", "/", "%", "_", "*", "$", "?", ":a"),
    *("2026-01-31", "2026-02-30", "2026-01-31T00:00Z", "2026-01-31 01:00+01:00", "1969-12-31"),
    *("1", "1.0", "true", "null", "[1]", '{"a":1}', "[", "{", "a.b", "0x10", "١"),
]
SCALARS: list[Any] = [None, True, False, *NUMBERS, *STRINGS]
KEYS = [
    *("a", "b", "A", "a.b", "a b", "$a", "$", ".", "0", "1", "-1", "[0]", "#-1", "é", "e\u0301"),
    *("\U0001f600", '"', 'q"uote', '\\"', "\\", "\\\\", "\\u0022", "\\u005c", '"\\', "'", "''"),
    *("\n", "\u0001", "\x7f", "*", "?", ":x", "%s", "%(a)s", "{a}", ",", "key", "value", "null"),
]


def payloads() -> list[dict[str, Any]]:
    """Some two thousand payloads, the same in every run."""
    rng = random.Random(2)
    made: list[dict[str, Any]] = [{}, {"a": {}}, {"a": []}, {"a": [[], {}]}, {"a": {"a": {}}}]
    for value in SCALARS:
        made += [{"a": value}, {"a": [value]}, {"a": {"b": value}}, {"a.b": value}]
        made += [{"a": [[value]]}, {"a": [{"a": value}]}, {"a": {"a": [True, value]}}]
    for key in KEYS:
        made += [{key: 1}, {key: 0.5, "a": "x"}, {key: {key: "x"}}, {key: None}, {f"{key}x": 1}]
        made += [{"a": {key: 1}}, {"a": [{key: 1}]}, {"x": f'{{"{key}":1}}', key: [1e18, "é"]}]
    for _ in range(100):
        for near in neighbours(_any_double(rng), 1):
            made += [{"a": near}, {"a": [1, near]}]
    for _ in range(300):
        keys = rng.sample(KEYS, 3)
        made.append({key: _any_value(rng, 2) for key in keys})
    return made


def _any_double(rng: random.Random) -> float:
    while True:
        value: float = struct.unpack("<d", rng.randbytes(8))[0]
        if abs(value) < 1e308:
            return value


def _any_value(rng: random.Random, depth: int) -> Any:
    shape = rng.randrange(4) if depth else 3
    if shape == 0:
        return [_any_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if shape == 1:
        return {rng.choice(KEYS): _any_value(rng, depth - 1) for _ in range(rng.randrange(4))}
    return rng.choice(SCALARS)


PAYLOADS = payloads()
DOUBLES = sorted(
    {p["a"] for p in PAYLOADS if isinstance(p.get("a"), float) and math.isfinite(p["a"])}
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
keys = st.sampled_from(KEYS) | texts.filter(bool)
paths = st.lists(keys, min_size=1, max_size=3).map(tuple) | st.sampled_from(
    [("a",), ("a", "b"), ("a.b",), ("a", "a")]
)
numbers = (
    st.sampled_from(NUMBERS)
    | st.sampled_from(DOUBLES)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
strings = st.sampled_from(STRINGS) | texts
moments = (
    st.sampled_from([date(2026, 1, 31), date(1969, 12, 31)]).map(
        lambda day: instant_of(day).microseconds
    )
    | st.datetimes().map(lambda moment: instant_of(moment).microseconds)
    | st.sampled_from([-(2**63), 2**63 - 1, 0, -1])
).map(Instant)
scalars = st.none() | st.booleans() | numbers | strings
EQUAL = [Operator.EQ, Operator.NE]
WITHIN = [Operator.PREFIX, Operator.CONTAINS]
RANGES = [Operator.GT, Operator.GTE, Operator.LT, Operator.LTE]
conditions = (
    st.builds(Comparison, paths, st.sampled_from(EQUAL), scalars)
    | st.builds(Comparison, paths, st.sampled_from(RANGES), numbers | strings)
    | st.builds(Comparison, paths, st.sampled_from([*EQUAL, *RANGES]), moments)
    | st.builds(Comparison, paths, st.sampled_from(WITHIN), strings.filter(bool))
    | st.builds(Membership, paths, st.lists(scalars | moments, max_size=4).map(tuple))
    | st.builds(Existence, paths)
)


def _trees(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(And, some) | st.builds(Or, some)


filters = st.recursive(conditions | st.just(EVERYTHING), _trees, max_leaves=6)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def database(empty: Any) -> Any:
    """A database that holds PAYLOADS."""
    empty.load(PAYLOADS)
    return empty


property_settings = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@property_settings
@given(filter_=filters)
def test_any_filter_on_the_nasty_payloads(database: Any, filter_: Filter) -> None:
    database.assert_same(parse(filter_), PAYLOADS)


@property_settings
@given(
    rows=st.lists(st.dictionaries(keys, values, max_size=3), min_size=1, max_size=10),
    data=st.data(),
)
def test_any_filter_on_any_payloads(
    empty: Any, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    empty.load(rows)
    some = {path for row in rows for path in _paths(row, ())}
    paths = st.sampled_from(sorted(some)) if some else st.just(("a",))
    ranges = st.builds(Comparison, paths, st.sampled_from(RANGES), numbers | strings)
    equals = st.builds(Comparison, paths, st.just(Operator.NE), scalars | moments)
    within = st.builds(Comparison, paths, st.sampled_from(WITHIN), strings.filter(bool))
    for kind in (conditions, ranges, equals, within, st.builds(Existence, paths)):
        filter_ = data.draw(kind)
        empty.assert_same(parse(filter_), rows)


def _paths(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and len(path) < MAX_PATH:
        for key, inner in value.items():
            if key:
                yield (*path, key)
                yield from _paths(inner, (*path, key))


def test_every_value_against_every_value(database: Any) -> None:
    for value in SCALARS:
        database.assert_same(parse({"a": value}), PAYLOADS)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            database.assert_same(parse({"a": {"$lt": value}}), PAYLOADS)
            database.assert_same(parse({"a": {"$gte": value}}), PAYLOADS)
        if isinstance(value, str) and value:
            database.assert_same(parse({"a": {"$prefix": value}}), PAYLOADS)
            database.assert_same(parse({"a": {"$contains": value}}), PAYLOADS)


def test_every_key(database: Any) -> None:
    for key in KEYS:
        wanted = {"$in": [1, 0.5, "x", None, 1e18]}
        database.assert_same(parse({key_text((key,)): wanted}), PAYLOADS)
        database.assert_same(parse({key_text((key, key)): wanted}), PAYLOADS)
        database.assert_same(parse({key_text(("a", key)): {"$gt": 0}}), PAYLOADS)
        database.assert_same(Existence((key,)), PAYLOADS)
        database.assert_same(Existence(("a", key)), PAYLOADS)


def test_doubles_side_by_side(database: Any) -> None:
    """Adjacent doubles are told apart, alone and in lists."""
    for value in DOUBLES[:: max(1, len(DOUBLES) // 40)]:
        conditions: list[Any] = [{"$eq": value}, {"$gt": value}, {"$lte": value}]
        for condition in conditions:
            database.assert_same(parse({"a": condition}), PAYLOADS)


def test_the_condition_is_never_null(database: Any) -> None:
    """A negation is the exact complement, where NULL would drop rows from both."""
    condition: Any
    others = ({"$exists": True}, {"$prefix": "a"}, {"$contains": "a"}, date(2026, 1, 31))
    dates = ({"$gt": date(2026, 1, 31)}, {"$in": [1, date(2026, 1, 31)]})
    ranges = ({"$gt": 0}, {"$lt": "a"}, {"$in": [1, "x"]}, {"$in": []})
    for condition in (1, None, *ranges, *others, *dates):
        for key in ("a", "a.b", "missing"):
            filter_ = parse({key: condition})
            assert len(database.select(filter_)) + len(database.select(Not(filter_))) == len(
                PAYLOADS
            )


def test_large_filters_work(database: Any) -> None:
    many = [*range(MAX_VALUES - 4), 1.5, "x", None, True]
    database.assert_same(parse({"a": {"$in": many}}), PAYLOADS)
    days = [instant_of(date(2024, 1, 1) + timedelta(days=n)) for n in range(MAX_VALUES // 10)]
    database.assert_same(parse({"a": {"$in": days}}), PAYLOADS)
    wide = [{"a": {"$gt": n / 7}} for n in range(-5, MAX_CONDITIONS - 5)]
    database.assert_same(parse({"$and": wide}), PAYLOADS)


LEAF = Comparison(('q"', "a"), Operator.GT, 1.5)


def _deep(shape: str) -> Filter:
    """The deepest filter of a shape: a chain, a chain of negations, or two chains of chains."""
    tree: Filter = Comparison(("a",), Operator.LT, 100)
    for level in range(MAX_DEPTH):
        kind = (And, Or)[level % 2]
        if shape == "not" and level % 2:
            tree = Not(tree)
        elif shape == "forked" and level in (8, 16, 24):
            tree = kind((tree, LEAF, tree))
        else:
            tree = kind((LEAF, tree))
    return tree


@pytest.mark.parametrize("shape", ["chain", "not", "forked"])
def test_deep_filters_work(database: Any, shape: str) -> None:
    """SQLite's parser has a stack of 100 places, and its expressions a depth of 1000."""
    database.assert_same(parse(_deep(shape)), PAYLOADS)


def test_a_long_path_works(database: Any) -> None:
    payload: Any = 7
    for _ in range(MAX_PATH):
        payload = {'k"': payload}
    filter_ = parse({".".join(['k"'] * MAX_PATH): {"$gt": 6.5}})
    rows = [payload, payload['k"']]
    database.load(rows[:1])
    assert database.select(filter_) == {0}
    database.load(rows[1:])
    assert database.select(filter_) == set()


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://"])
def test_keys_and_values_are_bound(url: str) -> None:
    dialect = make_url(url).get_dialect()()
    marker = "zq'); DROP TABLE records; --"
    moment = {"$gt": Instant(8675309)}
    conditions: list[Any] = [marker, {"$gt": marker}, {"$in": [marker, 8675309.5]}]
    conditions += [{"$lt": 8675309}]
    conditions += [{"$prefix": marker}, {"$contains": marker}, {"$exists": True}, moment]
    for condition in conditions:
        filter_ = parse({key_text((marker, marker)): condition})
        sql = str(where(filter_, PAYLOAD, dialect.name).compile(dialect=dialect))
        assert "zq" not in sql
        assert "8675309" not in sql


def test_another_database_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="'oracle'; use sqlite or postgresql"):
        where(EVERYTHING, PAYLOAD, "oracle")


def test_sqlite_is_exact_even_where_it_reads_numbers_wrongly() -> None:
    """Some versions of SQLite read a number with an error of two units in the last place."""
    rows = Table(
        "rows",
        MetaData(),
        *(Column("key", Integer), Column("value", Double), Column("type", Text)),
        *(Column("json", Text), Column("error", Integer)),
    )
    read: list[dict[str, Any]] = [
        {"key": None, "type": "real", "json": json.dumps(f), "error": error, "value": wrong}
        for f in neighbours(0.1, 30)
        for error, wrong in zip(range(-2, 3), neighbours(f, 2), strict=True)
    ]
    with create_engine("sqlite://").connect() as connection:
        rows.create(connection)
        connection.execute(insert(rows), read)
        for interval in ((0.1, 0.1), (-1e308, 0.1), (0.1, neighbours(0.1, 20)[-1]), (0.1, 1.0)):
            condition = where_sqlite._within(rows, interval)  # type: ignore[arg-type]
            found = connection.execute(select(rows.c.json).where(condition)).scalars()
            expected = [r["json"] for r in read if interval[0] <= float(r["json"]) <= interval[1]]
            assert expected
            assert sorted(found) == sorted(expected)
