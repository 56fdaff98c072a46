import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import InvalidArgument, InvalidVector, SpaceRequired
from vecstore.spaces import Metric, Space, Vector
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.vectors import (
    metric_from_message,
    metric_to_message,
    space_from_message,
    space_to_message,
    vector_from_message,
    vector_to_message,
)

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1)


def packed(values, space=None):
    message = pb.Vector(packed=np.array(values, "<f4").tobytes())
    if space is not None:
        message.space.CopyFrom(space_to_message(space))
    return message


@given(FLOATS)
def test_every_vector_comes_back(values):
    vector = Vector(Space("m", "1", len(values), "f"), values)
    raw = vector_to_message(vector).SerializeToString()
    assert vector_from_message(pb.Vector.FromString(raw)) == vector


@given(FLOATS)
def test_plain_floats_are_the_same_vector(values):
    space = Space("m", "1", len(values), "f")
    message = pb.Vector(space=space_to_message(space), floats=pb.FloatList(values=values))
    assert vector_from_message(message) == Vector(space, values)


def test_every_part_of_a_space_comes_back(space):
    assert space_from_message(space_to_message(space)) == space


def test_packed_is_little_endian(space):
    assert vector_to_message(Vector(space, [1.0])).packed == b"\x00\x00\x80\x3f"


@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize(
    ("message", "words"),
    [
        (pb.Vector(), "no values"),
        (pb.Vector(packed=b""), "at least one number"),
        (pb.Vector(packed=b"\0" * 7), "7 bytes"),
        (packed([1.0, float("nan")]), "nan at position 1"),
        (packed([float("inf")]), "inf at position 0"),
        (pb.Vector(floats=pb.FloatList()), "at least one number"),
        (pb.Vector(floats=pb.FloatList(values=[float("nan")])), "nan at position 0"),
    ],
)
def test_the_form_is_checked_before_the_space(space, message, words, tagged):
    given_message = pb.Vector.FromString(message.SerializeToString())
    if tagged:
        given_message.space.CopyFrom(space_to_message(space))
    with pytest.raises(InvalidVector) as caught:
        vector_from_message(given_message, "query")
    assert words in caught.value.message
    assert caught.value.message.startswith(("query", "vector"))


@pytest.mark.parametrize("space", [None, Space("", "", 0, "")])
def test_numbers_without_a_space_are_no_vector(space):
    with pytest.raises(SpaceRequired, match="no space") as caught:
        vector_from_message(packed([1.0], space), "query")
    assert caught.value.details["field"] == "query"


def test_the_sender_refuses_what_the_receiver_would(space):
    with pytest.raises(SpaceRequired):
        vector_to_message(np.ones(4, np.float32))
    with pytest.raises(InvalidVector, match="float64"):
        vector_to_message(np.ones(4, np.float64))


@pytest.mark.parametrize(
    "space", [Space("m", "1", -1, "f"), Space("m", "1", 2**40, "f"), Space("\ud800", "1", 4, "f")]
)
def test_a_space_that_cannot_be_is_not_sent(space):
    with pytest.raises(InvalidArgument, match="cannot be sent"):
        vector_to_message(Vector(space, [1.0]))


@pytest.mark.parametrize("metric", list(Metric))
def test_metrics_come_back(metric):
    assert metric_from_message(metric_to_message(metric)) is metric
    assert metric_to_message(str(metric)) == metric_to_message(metric)


def test_an_unspecified_metric_is_cosine():
    assert metric_from_message(pb.METRIC_UNSPECIFIED) is Metric.COSINE


def test_unknown_metrics_are_refused():
    with pytest.raises(InvalidArgument, match="17"):
        metric_from_message(17)
    with pytest.raises(InvalidArgument, match="euclid"):
        metric_to_message("euclid")
