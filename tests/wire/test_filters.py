from datetime import UTC, date, datetime

import pytest

from vecstore.errors import InvalidFilter
from vecstore.filters import (
    MAX_DEPTH,
    MAX_VALUES,
    And,
    Comparison,
    Membership,
    Not,
    Operator,
    Or,
    parse,
)
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.filters import filter_from_message, filter_to_message


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"kind": "function"},
        {"a.b": None, "c": True},
        *({"n": {str(operator): "x"}} for operator in Operator),
        {"n": {"$in": [1, 1.0, "1", None, True]}},
        {"$or": [{"a": 1}, {"$not": {"b": 2.5}}, {"$and": [{"c": "x"}, {"d": {"$lt": "y"}}]}]},
        {"a": {"$not": {"$gte": 2**62}}},
        {"a": {"$exists": True}, "b.c": {"$exists": False}},
        {"a": {"$gte": datetime(2026, 1, 31, 12, 30, tzinfo=UTC), "$lt": date(2027, 1, 1)}},
        {"a": {"$in": [1, {"$datetime": "1969-12-31"}, "x"], "$nin": [date(1, 1, 1)]}},
    ],
)
def test_filters_come_back(given):
    raw = filter_to_message(given).SerializeToString()
    assert filter_from_message(pb.Filter.FromString(raw)) == parse(given)


def test_values_keep_their_types():
    back = filter_from_message(filter_to_message(Membership(("n",), (1, 1.0, True))))
    assert [type(value) for value in back.values] == [int, float, bool]


def test_trees_are_taken_as_well():
    tree = Or((Not(Comparison(("a", "b"), Operator.NE, 1)), And(())))
    assert filter_from_message(filter_to_message(tree)) == tree


def test_a_filter_without_meaning_is_not_sent():
    with pytest.raises(InvalidFilter):
        filter_to_message({"n": {"$near": 1}})


VALUE = pb.JsonValue(int_value=1)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (pb.Filter(), "is empty; set one of comparison, membership, and, or, not, existence"),
        (pb.Filter(comparison=pb.Comparison(path=["a"], value=VALUE)), "operator 0"),
        (pb.Filter(comparison=pb.Comparison(path=["a"], operator=99, value=VALUE)), "operator 99"),
        (pb.Filter(comparison=pb.Comparison(path=["a"], operator=1)), "has no kind"),
        (pb.Filter(comparison=pb.Comparison(operator=1, value=VALUE)), "path"),
        (
            pb.Filter(comparison=pb.Comparison(path=["a"], operator=7, value=VALUE)),
            "takes a string",
        ),
        (pb.Filter(comparison=pb.Comparison(path=["a"], operator=8, instant=7)), "takes a string"),
        (
            pb.Filter(comparison=pb.Comparison(path=["a"], operator=1, value=VALUE, instant=7)),
            "a value and the instant 7",
        ),
        (pb.Filter(existence=pb.Existence()), "path"),
        (pb.Filter(existence=pb.Existence(path=["a", ""])), "empty key"),
        (pb.Filter(membership=pb.Membership(path=["a"], values=[pb.JsonValue()])), "has no kind"),
        (
            pb.Filter(membership=pb.Membership(path=["a"], instants=range(MAX_VALUES + 1))),
            "10001 values or more; at most 10000",
        ),
        (pb.Filter(**{"or": pb.FilterList()}), "at least one"),
        (pb.Filter(**{"and": pb.FilterList(filters=[pb.Filter()])}), "is empty"),
        (pb.Filter(**{"not": pb.Filter()}), "is empty"),
    ],
)
def test_malformed_messages_are_refused(message, words):
    with pytest.raises(InvalidFilter) as caught:
        filter_from_message(message)
    assert words in caught.value.message
    assert caught.value.details["field"] == "filter"


def nested(depth, wrap):
    message = pb.Filter(comparison=pb.Comparison(path=["a"], operator=1, value=VALUE))
    for _ in range(depth):
        message = wrap(message)
    return message


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: pb.Filter(**{"not": inner}),
        lambda inner: pb.Filter(**{"and": pb.FilterList(filters=[inner])}),
        lambda inner: pb.Filter(**{"or": pb.FilterList(filters=[inner])}),
    ],
)
def test_the_depth_is_limited(wrap):
    filter_from_message(nested(MAX_DEPTH, wrap))
    with pytest.raises(InvalidFilter, match="nested deeper"):
        filter_from_message(nested(MAX_DEPTH + 1, wrap))
