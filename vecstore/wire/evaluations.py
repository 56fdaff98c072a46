"""Evaluations and task cards to messages and back."""

from __future__ import annotations

from collections.abc import Mapping

from vecstore.errors import InternalError
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol, TaskCard
from vecstore.v1 import encoder_service_pb2 as encoder_pb
from vecstore.v1 import types_pb2 as pb
from vecstore.wire.payloads import object_from_message, object_to_message
from vecstore.wire.vectors import space_from_message, space_to_message


def evaluation_to_message(evaluation: Evaluation) -> pb.Evaluation:
    """What was found out about a space."""
    return pb.Evaluation(
        id=evaluation.id,
        space=space_to_message(evaluation.space),
        protocol=evaluation.protocol,
        data_name=evaluation.data.name,
        data_digest=evaluation.data.digest,
        data_counts=evaluation.data.counts,
        seed=evaluation.seed,
        settings=object_to_message(evaluation.settings, field="settings"),
        figures=_figures_to_messages(evaluation.figures),
        baselines={
            name: pb.FigureMap(figures=_figures_to_messages(figures))
            for name, figures in evaluation.baselines.items()
        },
        created_at=evaluation.created_at,
    )


def evaluation_from_message(message: pb.Evaluation) -> Evaluation:
    """What was found out about a space.

    Raises:
        InternalError: a protocol that this client does not know.
    """
    try:
        protocol = Protocol(message.protocol)
    except ValueError:
        raise InternalError(
            f"the server sent an evaluation by {message.protocol!r}, which this client does not "
            "know; it may be a newer vecstore than this client"
        ) from None
    return Evaluation(
        space=space_from_message(message.space),
        protocol=protocol,
        data=DataSummary(message.data_name, message.data_digest, dict(message.data_counts)),
        seed=message.seed,
        settings=object_from_message(message.settings, field="settings"),
        figures=_figures_from_messages(message.figures),
        baselines={
            name: _figures_from_messages(each.figures) for name, each in message.baselines.items()
        },
        created_at=message.created_at,
        id=message.id,
    )


def card_to_message(card: TaskCard) -> encoder_pb.TaskCard:
    """What a model says of itself."""
    return encoder_pb.TaskCard(
        trained_for=card.trained_for,
        data=object_to_message(card.data, field="card"),
        source=card.source,
    )


def card_from_message(message: encoder_pb.TaskCard) -> TaskCard:
    """What a model says of itself."""
    data = object_from_message(message.data, field="card")
    return TaskCard(message.trained_for, data, message.source)


def _figures_to_messages(figures: Mapping[str, Figure]) -> dict[str, pb.Figure]:
    return {
        name: pb.Figure(value=one.value, low=one.low, high=one.high)
        for name, one in sorted(figures.items())
    }


def _figures_from_messages(messages: Mapping[str, pb.Figure]) -> dict[str, Figure]:
    return {
        name: Figure(
            one.value,
            one.low if one.HasField("low") else None,
            one.high if one.HasField("high") else None,
        )
        for name, one in sorted(messages.items())
    }
