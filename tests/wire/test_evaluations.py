"""Evaluations and task cards travel whole."""

import pytest

from vecstore.errors import InternalError
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol, TaskCard
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.evaluations import (
    card_from_message,
    card_to_message,
    evaluation_from_message,
    evaluation_to_message,
)


def fields(value):
    """Every field, those that == does not look at included."""
    return {name: getattr(value, name) for name in type(value).__dataclass_fields__}


@pytest.mark.parametrize("protocol", list(Protocol))
def test_evaluations_come_back(space, protocol):
    evaluation = Evaluation(
        space=space,
        protocol=protocol,
        data=DataSummary("a.csv", "d" * 64, {"inputs": 2**40}),
        seed=2**32,
        settings={"shots": [5, 10], "metric": "cosine", "share": 0.5, "nothing": None},
        figures={"a": Figure(0.5), "b": Figure(-0.25, -0.5, 0.0), "c": Figure(0.0, 0.0, 0.0)},
        baselines={"TF-IDF": {"a": Figure(0.1, None, 0.2)}, "none": {}},
        created_at="2024-05-06T07:08:09+00:00",
        id=2**40,
    )
    raw = evaluation_to_message(evaluation).SerializeToString()
    assert fields(evaluation_from_message(pb.Evaluation.FromString(raw))) == fields(evaluation)


def test_a_protocol_of_the_future_is_named(space):
    message = pb.Evaluation(protocol="dreams")
    with pytest.raises(InternalError, match=r"'dreams'.*newer"):
        evaluation_from_message(message)


@pytest.mark.parametrize(
    "card",
    [
        TaskCard("nothing", {}, ""),
        TaskCard("pairs", {"kind": "text", "counts": {"texts": 3}, "languages": ["en"]}, "README"),
    ],
)
def test_cards_come_back(card):
    raw = card_to_message(card).SerializeToString()
    assert fields(card_from_message(encoder_pb.TaskCard.FromString(raw))) == fields(card)
