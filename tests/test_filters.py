"""The meaning of filters, case by case; the databases are tested against this evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import InvalidFilter
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
    key_path,
    key_text,
    matches,
    parse,
)
from vecstore.instants import Instant

A = ("a",)
DAY = Instant(86_400_000_000)
BERLIN = timezone(timedelta(hours=3))
NOON = {"$datetime": "2026-01-31T12:00:00Z"}


def holds(filter_: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
    return matches(parse(filter_), payload)


@pytest.mark.parametrize(
    ("given", "tree"),
    [
        ({}, EVERYTHING),
        ({"a": 1}, Comparison(A, Operator.EQ, 1)),
        ({"a": {"$eq": None}}, Comparison(A, Operator.EQ, None)),
        ({"a": {"$gte": 1}}, Comparison(A, Operator.GTE, 1)),
        (
            {"a": {"$gt": 1, "$lt": 2}},
            And((Comparison(A, Operator.GT, 1), Comparison(A, Operator.LT, 2))),
        ),
        (
            {"a": 1, "b": 2},
            And((Comparison(A, Operator.EQ, 1), Comparison(("b",), Operator.EQ, 2))),
        ),
        ({"a": {"$in": [1, "x"]}}, Membership(A, (1, "x"))),
        ({"a": {"$in": ()}}, Membership(A, ())),
        ({"a": {"$nin": [1]}}, Not(Membership(A, (1,)))),
        ({"a": {"$exists": True}}, Existence(A)),
        ({"a": {"$exists": False}}, Not(Existence(A))),
        ({"a": {"$prefix": "x"}}, Comparison(A, Operator.PREFIX, "x")),
        ({"a": {"$contains": "x"}}, Comparison(A, Operator.CONTAINS, "x")),
        ({"a": date(1970, 1, 2)}, Comparison(A, Operator.EQ, DAY)),
        ({"a": {"$datetime": "1970-01-02"}}, Comparison(A, Operator.EQ, DAY)),
        ({"a": {"$ne": {"$datetime": "1970-01-02"}}}, Comparison(A, Operator.NE, DAY)),
        ({"a": {"$gte": datetime(1970, 1, 2)}}, Comparison(A, Operator.GTE, DAY)),
        ({"a": {"$lt": datetime(1970, 1, 2, 3, tzinfo=BERLIN)}}, Comparison(A, Operator.LT, DAY)),
        (
            {"a": {"$in": [DAY, {"$datetime": "1970-01-02T00:00Z"}, 1]}},
            Membership(A, (1, DAY, DAY)),
        ),
        ({"a": {"$not": {"$gt": 3}}}, Not(Comparison(A, Operator.GT, 3))),
        ({"$not": {"a": 1}}, Not(Comparison(A, Operator.EQ, 1))),
        ({"$not": {}}, Not(EVERYTHING)),
        ({"$and": [{"a": 1}]}, And((Comparison(A, Operator.EQ, 1),))),
        (
            {"$or": [{"a": 1}, Membership(A, (2,))]},
            Or((Comparison(A, Operator.EQ, 1), Membership(A, (2,)))),
        ),
        ({"a.b": 1}, Comparison(("a", "b"), Operator.EQ, 1)),
        ({"a\\.b": 1}, Comparison(("a.b",), Operator.EQ, 1)),
        ({"a\\\\.b": 1}, Comparison(("a\\", "b"), Operator.EQ, 1)),
        ({"\\$a": 1}, Comparison(("$a",), Operator.EQ, 1)),
        ({"a.$b": 1}, Comparison(("a", "$b"), Operator.EQ, 1)),
        ({"C:\\x": 1}, Comparison(("C:\\x",), Operator.EQ, 1)),
        ({"0": 1}, Comparison(("0",), Operator.EQ, 1)),
    ],
)
def test_the_dict_form_means_this_tree(given: dict[str, Any], tree: Filter) -> None:
    assert parse(given) == tree
    assert parse(tree) == tree


@given(st.lists(st.text("a.\\$b", min_size=1), min_size=1, max_size=MAX_PATH).map(tuple))
def test_every_path_can_be_written_as_a_key(path: tuple[str, ...]) -> None:
    parsed = parse({key_text(path): 1})
    assert isinstance(parsed, Comparison)
    assert parsed.path == path
    assert key_path(key_text(path)) == path


@pytest.mark.parametrize("key", ["", "$text", "a..b", 5, "a\0", ".".join("a" * 33)])
def test_keys_that_name_nothing_are_refused(key: Any) -> None:
    with pytest.raises(InvalidFilter) as caught:
        key_path(key)
    assert caught.value.details["field"] == "key"


@pytest.mark.parametrize(
    ("filter_", "matching", "other"),
    [
        ({"a": 1}, [1, 1.0, [1], ["x", 1.0]], [True, "1", None, 2, [[1]], {"a": 1}, []]),
        ({"a": True}, [True, [True]], [1, 1.0, "true", False]),
        ({"a": False}, [False], [0, 0.0, -0.0, None, []]),
        ({"a": None}, [None, [None], [1, None]], [0, False, "", [], {}, "null"]),
        ({"a": "x"}, ["x", ["x"]], ["X", "x ", ["xy"], {"x": 1}]),
        ({"a": "é"}, ["é"], ["e\u0301"]),
        ({"a": 0}, [0, 0.0, -0.0], [False, None, 5e-324]),
        ({"a": 2**53 + 1}, [2**53 + 1], [2.0**53, 2**53]),
        ({"a": 2.0**53}, [2**53, 2.0**53], [2**53 + 1]),
        ({"a": 2.0**63}, [2.0**63], [2**63 - 1]),
        ({"a": {"$gt": 1}}, [2, 1.5, [0, 3]], [1, 1.0, True, "2", None, {}, [[2]]]),
        ({"a": {"$gte": 1.0}}, [1, 1.0], [0.9999999999999999, True]),
        ({"a": {"$gt": 2.0**53}}, [2**53 + 1], [2**53]),
        ({"a": {"$lt": 2**53 + 1}}, [2.0**53, 2**53], [2**53 + 1, 2.0**53 + 2]),
        ({"a": {"$lt": "b"}}, ["a", "B", ""], ["b", "é", 1, None, True]),
        ({"a": {"$gt": "\uffff"}}, ["\U0001f600"], ["\uffff", "a"]),
        ({"a": {"$lte": "b"}}, ["b", "aa"], ["ba"]),
        ({"a": {"$ne": 1}}, [True, 2, None, "1", [], [2], {}], [1, 1.0, [1, 2]]),
        ({"a": {"$in": [1, "x", None]}}, [1.0, "x", None, [2, "x"]], [True, 2, []]),
        ({"a": {"$in": []}}, [], [1, None, []]),
        ({"a": {"$not": {"$gt": 1}}}, [1, "x", None, []], [2, [0, 2]]),
        ({"a": {"$gt": 1, "$lt": 3}}, [2, [0, 5]], [1, 3]),
        ({"$or": [{"a": 1}, {"a": 2}]}, [1, 2], [3]),
        ({"$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 3}}]}, [2], [1, 3]),
        ({"a": {"$nin": [1, "x"]}}, [2, None, [], {}, ["y"]], [1, "x", [2, "x"]]),
        ({"a": {"$exists": True}}, [1, None, [], {}, "", False], []),
        ({"a": {"$exists": False}}, [], [1, None, [], {}]),
        ({"a.b": {"$exists": True}}, [{"b": None}], [{}, [{"b": 1}], "b", None]),
        ({"a": {"$prefix": "ab"}}, ["ab", "abc", ["x", "abc"]], ["a", "xab", "AB", 1, ["x"], {}]),
        ({"a": {"$prefix": "e"}}, ["e\u0301"], ["é"]),
        (
            {"a": {"$contains": "ab"}},
            ["ab", "xaby", [1, "xab"]],
            ["a b", "AB", "", None, ["a", "b"]],
        ),
        ({"a": {"$contains": "%"}}, ["5 %"], ["5"]),
        ({"a": {"$eq": NOON}}, ["2026-01-31T12:00Z", "2026-01-31 13:00+01:00"], ["2026-01-31", 0]),
        (
            {"a": {"$ne": NOON}},
            ["2026-01-31", 0, None, "x"],
            ["2026-01-31 12:00", [1, "2026-01-31T12:00"]],
        ),
        (
            {"a": {"$gt": NOON}},
            ["2026-02-01", "2026-01-31T12:00:00.000001"],
            ["2026-02-30", "z", 9**9],
        ),
        (
            {"a": {"$lte": NOON}},
            ["2026-01-31", ["0001-01-01"]],
            ["2026-01-31T12:00-00:01", None, ""],
        ),
        ({"a": {"$in": [NOON, 1]}}, ["2026-01-31T12:00", 1.0], ["2026-01-31", "1"]),
        ({"a": {"$not": {"$lt": NOON}}}, ["2027-01-01", "x", None], ["2026-01-01"]),
        ({}, [1, None, []], []),
    ],
)
def test_what_matches(filter_: dict[str, Any], matching: list[Any], other: list[Any]) -> None:
    assert [value for value in matching if not holds(filter_, {"a": value})] == []
    assert [value for value in other if holds(filter_, {"a": value})] == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, False),
        ({"$in": [None]}, False),
        ({"$gt": 0}, False),
        ({"$lte": "z"}, False),
        ({"$ne": None}, True),
        ({"$ne": 1}, True),
        ({"$nin": [1]}, True),
        ({"$exists": True}, False),
        ({"$exists": False}, True),
        ({"$prefix": "a"}, False),
        ({"$contains": "a"}, False),
        (NOON, False),
        ({"$ne": NOON}, True),
        ({"$not": {"$gt": 0}}, True),
        ({"$not": {"$ne": 1}}, False),
    ],
)
def test_a_missing_key_makes_every_condition_false(condition: Any, expected: bool) -> None:
    assert holds({"a": condition}, {"b": 1}) is expected
    assert holds({"b.a": condition}, {"b": 1}) is expected
    assert holds({"b.a": condition}, {"b": [{"a": None}]}) is expected


def test_paths_lead_through_objects_only() -> None:
    assert holds({"a.b": 1}, {"a": {"b": 1}})
    assert not holds({"a.b": 1}, {"a.b": 1})
    assert holds({"a\\.b": 1}, {"a.b": 1})
    assert not holds({"a.0": 1}, {"a": [1]})
    assert holds({"a.0": 1}, {"a": {"0": 1}})


class Kind(StrEnum):
    FUNCTION = "function"


class Level(IntEnum):
    HIGH = 3


def test_operands_become_plain_values() -> None:
    tree = parse({"a": {"$in": [Kind.FUNCTION, Level.HIGH]}})
    assert isinstance(tree, Membership)
    assert [type(value) for value in tree.values] == [str, int]


class Key(str):
    __slots__ = ()


class Special(Comparison):
    __slots__ = ()


@pytest.mark.parametrize(
    "given",
    [
        Comparison((Key("a"),), Operator.EQ, 1),
        Comparison(("a",), Operator.EQ, Level.HIGH),
        Comparison(("a",), Operator.EQ, Kind.FUNCTION),
        Special(("a",), Operator.EQ, 1),
        {Key("a"): Kind.FUNCTION},
        {Key("a.b"): {"$gt": Level.HIGH}},
    ],
)
def test_what_is_checked_is_made_of_plain_parts(given: Any) -> None:
    tree = parse(given)
    assert type(tree) is Comparison
    assert {type(one) for one in tree.path} == {str}
    assert type(tree.value) in (str, int)


@pytest.mark.parametrize(
    "tree",
    [
        Comparison(("a",), Operator.GT, 1),
        And((Comparison(("a",), Operator.GT, 1), Comparison(("a",), Operator.LT, 3))),
    ],
)
def test_a_tree_of_plain_parts_is_not_built_anew(tree: Filter) -> None:
    assert parse(tree) is tree


class Both(And):
    __slots__ = ()


class Parts(tuple[Any, ...]):
    __slots__ = ()


@pytest.mark.parametrize(
    "tree",
    [
        Both((Comparison(("a",), Operator.EQ, 1),)),
        And(Parts((Comparison(("a",), Operator.EQ, 1),))),
        And((Comparison(("a",), Operator.EQ, Level.HIGH),)),
    ],
)
def test_an_and_that_is_not_plain_is_made_so(tree: Filter) -> None:
    made = parse(tree)
    assert type(made) is And
    assert type(made.filters) is tuple
    assert [type(part.value) for part in made.filters if isinstance(part, Comparison)] == [int]


def nested(levels: int) -> dict[str, Any]:
    filter_: dict[str, Any] = {"a": 1}
    for _ in range(levels):
        filter_ = {"$not": filter_}
    return filter_


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (5, "5 is a int"),
        ([], "is a list"),
        ({1: 2}, "the key 1 is a int"),
        ({"$nor": [{}]}, r"'\$nor' is no operator"),
        ({"$price": 1}, r"is written \\\$"),
        ({"$and": []}, "at least one filter"),
        ({"$or": []}, "at least one filter"),
        ({"$or": {"a": 1}}, "takes a list"),
        ({"$or": ["a"]}, "where a filter belongs"),
        ({"$not": 1}, "where a filter belongs"),
        ({"a": {}}, "an object cannot be compared"),
        ({"a": {"b": 1}}, "written with dots"),
        ({"a": {"$gt": 1, "b": 1}}, "'b'"),
        ({"a": {"$regex": "x"}}, r"'\$regex'"),
        ({"a": {1: 1}}, "under a key stand"),
        ({"a": {"$not": 1}}, r"use \$ne"),
        ({"a": {"$in": "xy"}}, "takes a list"),
        ({"a": {"$nin": "xy"}}, r"\$nin has 'xy'; it takes a list"),
        ({"a": {"$exists": 1}}, r"\$exists has 1; it takes true or false"),
        ({"a": {"$prefix": ""}}, "''; it takes a string that is not empty"),
        ({"a": {"$contains": ""}}, "not empty"),
        ({"a": {"$contains": ["x"]}}, "is a list"),
        ({"a": {"$prefix": 1}}, "not empty"),
        ({"a": {"$prefix": NOON}}, "not empty"),
        ({"a": {"$prefix": "x\0"}}, "NUL"),
        ({"a": {"$gt": {"$datetime": "2026-02-30"}}}, "2026-02-30'}, which names no moment"),
        ({"a": {"$datetime": 5}}, "names no moment"),
        ({"a": {"$datetime": "2026-01-31", "$gt": 1}}, "names no moment"),
        ({"a": {"$not": NOON}}, r"use \$ne"),
        ({"a": {"$gt": {"$date": 1}}}, "is a dict"),
        ({"a": Instant(2**63)}, "does not fit into 64 bits"),
        ({"a": Instant("x")}, "is a Instant"),  # type: ignore[arg-type]
        ({"a": {"$nin": list(range(MAX_VALUES + 1))}}, "10001 values or more; at most 10000"),
        (Existence(()), "no tuple of 1 to 32"),
        (Existence(("a", "")), "empty key"),
        ({"a": {"$in": [[1]]}}, "is a list"),
        ({"a": [1]}, "is a list"),
        ({"a": {"$eq": {"b": 1}}}, "is a dict"),
        ({"a": b"x"}, "is a bytes"),
        ({"a": {"$gt": True}}, "True; ranges take"),
        ({"a": {"$lt": None}}, "None; ranges take"),
        ({"a": float("nan")}, "nan is no JSON number"),
        ({"a": {"$gt": float("inf")}}, "inf is no JSON number"),
        ({"a": 2**63}, "does not fit into 64 bits"),
        ({"a": {"$in": [-(2**63) - 1]}}, "does not fit into 64 bits"),
        ({"a": 10**5000}, "an integer of 16610 bits"),
        ({"a": "x\ud800"}, "lone surrogate"),
        ({"a\udfff": 1}, "lone surrogate"),
        ({"a": "x\0"}, "NUL"),
        ({"a\0": 1}, "NUL"),
        ({"": 1}, "empty key"),
        ({"a..b": 1}, "empty key"),
        ({"a.": 1}, "empty key"),
        ({".".join("a" * 33): 1}, "1 to 32 keys"),
        (nested(MAX_DEPTH + 1), "deeper than 32"),
        (nested(100_000), "deeper than 32"),
        ({"a": {"$in": list(range(MAX_VALUES + 1))}}, "at most 10000"),
        ({"$or": [{"a": 1}] * (MAX_CONDITIONS + 1)}, "more than 500 conditions"),
        ({"$or": [{}] * (MAX_CONDITIONS + 1)}, "more than 500 conditions"),
        (Comparison(A, "$eq", 1), "no Operator"),  # type: ignore[arg-type]
        (Comparison("a", Operator.EQ, 1), "no tuple"),  # type: ignore[arg-type]
        (Comparison((), Operator.EQ, 1), "no tuple of 1 to 32"),
        (Comparison((1,), Operator.EQ, 1), "keys are strings"),  # type: ignore[arg-type]
        (Membership(A, [1]), "no tuple"),  # type: ignore[arg-type]
        (And([Not(EVERYTHING)]), "no tuple"),  # type: ignore[arg-type]
        (Or(()), "at least one"),
        (Not(None), "None is a NoneType"),  # type: ignore[arg-type]
        (Not({"a": 1}), "is a dict"),  # type: ignore[arg-type]
    ],
)
def test_what_has_no_meaning_is_refused(given: Any, words: str) -> None:
    with pytest.raises(InvalidFilter, match=words) as caught:
        parse(given)
    assert caught.value.details["field"] == "filter"
    assert len(caught.value.message) < 500
    caught.value.message.encode()


def test_a_deep_tree_is_refused_and_does_not_overflow() -> None:
    tree: Filter = EVERYTHING
    for _ in range(100_000):
        tree = And((tree, EVERYTHING))
    with pytest.raises(InvalidFilter, match="deeper than 32"):
        parse(tree)


def test_the_largest_filters_are_allowed() -> None:
    assert parse(nested(MAX_DEPTH))
    assert parse({"a": {"$in": list(range(MAX_VALUES))}})
    assert parse({"$or": [{"a": 1}] * MAX_CONDITIONS})
