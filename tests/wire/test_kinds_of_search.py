"""Plans, vectors of hits, groups and examples on the wire."""

import numpy as np
import pytest

from vecstore.answers import Group
from vecstore.errors import InvalidArgument, InvalidVector, SpaceRequired
from vecstore.hits import Hit, Hits
from vecstore.plans import Plan, Strategy
from vecstore.records import RecordReference
from vecstore.spaces import Vector
from vecstore.v1 import search_service_pb2 as pb
from vecstore.v1 import types_pb2
from vecstore.wire.groups import (
    examples_from_messages,
    examples_to_messages,
    groups_from_message,
    groups_to_message,
)
from vecstore.wire.plans import plan_from_message, plan_to_message
from vecstore.wire.queries import hits_from_message, hits_to_message

PLANS = [
    *(Plan(strategy, "because", 7) for strategy in Strategy),
    Plan(Strategy.SCAN, "few", 10**12, 0, ("kind", "a.b"), cached=True, examined=0),
]


@pytest.mark.parametrize("plan", PLANS)
def test_plans_come_back(space, plan):
    raw = plan_to_message(plan).SerializeToString()
    assert plan_from_message(pb.Plan.FromString(raw)) == plan
    answer = hits_to_message(Hits([], space, plan=plan))
    assert hits_from_message(answer).plan == plan
    assert hits_from_message(hits_to_message(Hits([], space))).plan is None


def test_a_strategy_of_a_newer_server_is_no_error():
    assert plan_from_message(pb.Plan(strategy=77, reason="new")).reason == "new"


def test_vectors_of_hits_come_back_with_their_space(space):
    hits = Hits([Hit("a", 0.5, 0.5, vector=Vector(space, [1.0, 0.0, 2.0, 3.0]))], space)
    raw = hits_to_message(hits).SerializeToString()
    assert hits_from_message(pb.SearchResponse.FromString(raw))[0].vector == hits[0].vector


@pytest.mark.parametrize("value", ["a", "", 1, 2**60, 1.5, True, False, None])
def test_groups_come_back(space, value):
    plan = Plan(Strategy.GRAPH, "because", 7)
    groups = [Group(value, Hits([Hit("a", 0.5, 0.5, {"k": value})], space, plan=plan))]
    raw = groups_to_message(groups).SerializeToString()
    (back,) = groups_from_message(pb.SearchGroupsResponse.FromString(raw))
    assert (back.value, type(back.value)) == (value, type(value))
    assert (back.hits, back.hits.plan) == (groups[0].hits, plan)


def test_examples_come_back(space):
    examples = ["a", RecordReference("b", "other"), Vector(space, [1.0, 0.0, 2.0, 3.0])]
    raw = [message.SerializeToString() for message in examples_to_messages("positive", examples)]
    back = examples_from_messages("positive", map(pb.Query.FromString, raw))
    assert back == [RecordReference("a"), *examples[1:]]


@pytest.mark.parametrize(
    ("examples", "error", "named"),
    [
        ("a", InvalidArgument, "positive is one str"),
        (["a", b"x"], InvalidArgument, r"^positive example 1: it is b'x'"),
        (["a", {"hr": 7}], InvalidArgument, r"^positive example 1: "),
        ([np.ones(3, np.float32)], SpaceRequired, r"^positive example 0: "),
        ([None], InvalidVector, r"^positive example 0: "),
        (["\ud800"], InvalidArgument, r"^positive example 0: .*surrogate"),
    ],
)
def test_what_is_no_example_is_not_sent(examples, error, named):
    with pytest.raises(error, match=named):
        examples_to_messages("positive", examples)


@pytest.mark.parametrize(
    "message",
    [
        pb.Query(),
        pb.Query(text="a"),
        pb.Query(image=b"x"),
        pb.Query(categories=types_pb2.Categories(values={"hr": "7"})),
    ],
)
def test_a_text_on_the_wire_is_no_id(message):
    with pytest.raises(InvalidArgument, match=r"^negative example 1: .*set record or vector"):
        examples_from_messages("negative", [pb.Query(record=pb.RecordReference(id="a")), message])
