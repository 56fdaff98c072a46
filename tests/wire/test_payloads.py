import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import InvalidFilter, InvalidRecord
from vecstore.inputs import MAX_INT, MIN_INT
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.payloads import (
    object_from_message,
    object_to_message,
    value_from_message,
    value_to_message,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(MIN_INT, MAX_INT) | st.floats() | TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


def same(a, b):
    """Equal in value and in type, NaN included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        both_nan = math.isnan(a) and math.isnan(b)
        return both_nan or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return bool(a == b)


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_every_payload_comes_back_with_its_types(payload):
    raw = object_to_message(payload).SerializeToString()
    assert same(object_from_message(pb.JsonObject.FromString(raw)), payload)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool_value"),
        (1, "int_value"),
        (1.0, "double_value"),
        (None, "null_value"),
        ("1", "string_value"),
        ([], "list_value"),
        ({}, "object_value"),
    ],
)
def test_a_value_has_the_kind_of_its_type(value, kind):
    message = value_to_message(value, field="payload")
    assert message.WhichOneof("kind") == kind
    assert same(value_from_message(message, field="payload"), value)


def test_a_tuple_is_a_list():
    assert object_from_message(object_to_message({"a": (1, 2)})) == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"a": 2**63}, "64 bits"),
        ({"a": -(2**63) - 1}, "64 bits"),
        ({"a": 10**5000}, "64 bits"),
        ({"a": {"b": [object()]}}, "payload.a.b[0]"),
        ({1: "a"}, "key 1"),
        ({"a": "\ud800"}, "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        ({"a": b"bytes"}, "bytes"),
        ([("a", 1)], "dict"),
    ],
)
def test_what_json_cannot_hold_is_refused(payload, words):
    with pytest.raises(InvalidRecord) as caught:
        object_to_message(payload)
    assert words in caught.value.message
    assert caught.value.details["field"] == "payload"


def nested(depth):
    payload = {}
    for _ in range(depth - 1):
        payload = {"a": payload}
    return payload


def test_payloads_as_deep_as_allowed_fit_into_the_deepest_message():
    from vecstore.v1 import search_service_pb2

    response = search_service_pb2.SearchBatchResponse()
    hit = response.responses.add().hits.add()
    hit.payload.CopyFrom(object_to_message(nested(32)))
    raw = response.SerializeToString()
    parsed = search_service_pb2.SearchBatchResponse.FromString(raw)
    assert object_from_message(parsed.responses[0].hits[0].payload) == nested(32)


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deeper_payloads_are_refused(depth):
    with pytest.raises(InvalidRecord, match="too deep"):
        object_to_message(nested(depth))


def test_deep_lists_are_refused():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InvalidRecord, match="too deep"):
        object_to_message({"a": value})


@pytest.mark.parametrize("path", ["top", "in a list", "in an object"])
def test_a_value_without_a_kind_is_refused(path):
    message = pb.JsonObject()
    value = message.entries["a"]
    if path == "in a list":
        value.list_value.values.add()
    elif path == "in an object":
        value.object_value.entries["b"].SetInParent()
    with pytest.raises(InvalidRecord, match="has no kind") as caught:
        object_from_message(message)
    assert caught.value.details["field"] == "payload"


def test_the_caller_chooses_the_class():
    with pytest.raises(InvalidFilter) as caught:
        value_to_message(object(), field="filter", error=InvalidFilter)
    assert caught.value.details["field"] == "filter"
    with pytest.raises(InvalidFilter):
        value_from_message(pb.JsonValue(), field="filter", error=InvalidFilter)
