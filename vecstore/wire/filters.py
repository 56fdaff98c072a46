"""Payload filters to messages and back. What a filter may be is checked by ``filters.parse``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vecstore.errors import InvalidFilter
from vecstore.filters import (
    And,
    Comparison,
    Existence,
    Filter,
    Membership,
    Not,
    Operator,
    Or,
    parse,
)
from vecstore.instants import Instant
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.payloads import value_from_message, value_to_message

_OPERATORS = {
    pb.OPERATOR_EQ: Operator.EQ,
    pb.OPERATOR_NE: Operator.NE,
    pb.OPERATOR_GT: Operator.GT,
    pb.OPERATOR_GTE: Operator.GTE,
    pb.OPERATOR_LT: Operator.LT,
    pb.OPERATOR_LTE: Operator.LTE,
    pb.OPERATOR_PREFIX: Operator.PREFIX,
    pb.OPERATOR_CONTAINS: Operator.CONTAINS,
}
_KINDS = [field.name for field in pb.Filter.DESCRIPTOR.oneofs_by_name["kind"].fields]
_OPERATOR_NUMBERS = {name: number for number, name in _OPERATORS.items()}


def filter_to_message(given: Filter | Mapping[str, Any]) -> pb.Filter:
    """A filter, in its dict form or as a tree, to its message.

    Raises:
        InvalidFilter: it has no meaning; see :func:`vecstore.filters.parse`.
    """
    return _tree_to_message(parse(given))


def filter_from_message(message: pb.Filter) -> Filter:
    """The checked tree that a message holds. Protobuf lets no message be deeper than 100.

    Raises:
        InvalidFilter: something is not set, or the tree has no meaning.
    """
    return parse(_tree_from_message(message))


def _tree_to_message(tree: Filter) -> pb.Filter:
    message = pb.Filter()
    match tree:
        case Comparison():
            message.comparison.CopyFrom(_comparison_to_message(tree))
        case Membership():
            message.membership.CopyFrom(_membership_to_message(tree))
        case Existence(path):
            message.existence.path.extend(path)
        case And(filters):
            _list(message, "and").CopyFrom(_all_to_message(filters))
        case Or(filters):
            _list(message, "or").CopyFrom(_all_to_message(filters))
        case Not(inner):
            _list(message, "not").CopyFrom(_tree_to_message(inner))
    return message


def _tree_from_message(message: pb.Filter) -> Filter:
    match message.WhichOneof("kind"):
        case "comparison":
            return _comparison_from_message(message.comparison)
        case "membership":
            return _membership_from_message(message.membership)
        case "existence":
            return Existence(tuple(message.existence.path))
        case "and":
            return And(_all_from_message(_list(message, "and")))
        case "or":
            return Or(_all_from_message(_list(message, "or")))
        case "not":
            return Not(_tree_from_message(_list(message, "not")))
        case _:
            raise _invalid(f"a filter is empty; set one of {', '.join(_KINDS)}")


def _comparison_to_message(tree: Comparison) -> pb.Comparison:
    message = pb.Comparison(path=tree.path, operator=_OPERATOR_NUMBERS[tree.operator])
    if isinstance(tree.value, Instant):
        message.instant = tree.value.microseconds
    else:
        message.value.CopyFrom(_value_to_message(tree.value))
    return message


def _comparison_from_message(message: pb.Comparison) -> Comparison:
    operator = _OPERATORS.get(message.operator)
    if operator is None:
        raise _invalid(
            f"the operator {message.operator} of a comparison is not known; use one of "
            f"{', '.join(pb.Operator.keys()[1:])}"
        )
    if not message.HasField("instant"):
        return Comparison(tuple(message.path), operator, _value_from_message(message.value))
    if message.HasField("value"):
        raise _invalid(
            f"a comparison has a value and the instant {message.instant}; set one of them"
        )
    return Comparison(tuple(message.path), operator, Instant(message.instant))


def _membership_to_message(tree: Membership) -> pb.Membership:
    message = pb.Membership(path=tree.path)
    for value in tree.values:
        if isinstance(value, Instant):
            message.instants.append(value.microseconds)
        else:
            message.values.append(_value_to_message(value))
    return message


def _membership_from_message(message: pb.Membership) -> Membership:
    values = [_value_from_message(value) for value in message.values]
    instants = [Instant(moment) for moment in message.instants]
    return Membership(tuple(message.path), (*values, *instants))


def _all_to_message(filters: tuple[Filter, ...]) -> pb.FilterList:
    return pb.FilterList(filters=[_tree_to_message(part) for part in filters])


def _all_from_message(message: pb.FilterList) -> tuple[Filter, ...]:
    return tuple(_tree_from_message(part) for part in message.filters)


def _list(message: pb.Filter, name: str) -> Any:
    """A part whose name is a keyword of Python."""
    return getattr(message, name)


def _value_to_message(value: object) -> pb.JsonValue:
    return value_to_message(value, field="filter", error=InvalidFilter)


def _value_from_message(message: pb.JsonValue) -> Any:
    return value_from_message(message, field="filter", error=InvalidFilter)


def _invalid(message: str) -> InvalidFilter:
    return InvalidFilter(message, field="filter")
