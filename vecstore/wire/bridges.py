"""Bridges to messages and back."""

from __future__ import annotations

from vecstore.bridges import FIGURES, BridgeFigure, BridgeInfo, BridgeKind
from vecstore.errors import InternalError
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.vectors import space_from_message, space_to_message


def bridge_to_message(info: BridgeInfo) -> pb.Bridge:
    """What is known of a bridge."""
    return pb.Bridge(
        name=info.name,
        collection=info.collection,
        field=info.field,
        source=space_to_message(info.source),
        target=space_to_message(info.target),
        space=space_to_message(info.space),
        kind=info.kind,
        pairs=info.pairs,
        held_out=info.held_out,
        figures={
            name: pb.BridgeFigure(value=one.value, low=one.low, high=one.high)
            for name, one in info.figures.items()
        },
        forced=info.forced,
        created_at=info.created_at,
    )


def bridge_from_message(message: pb.Bridge) -> BridgeInfo:
    """What is known of a bridge.

    Raises:
        InternalError: of a kind that this client does not know.
    """
    try:
        kind = BridgeKind(message.kind)
    except ValueError:
        raise InternalError(
            f"the server described the bridge {message.name!r} of kind {message.kind!r}; it may "
            "be a newer vecstore than this client"
        ) from None
    return BridgeInfo(
        name=message.name,
        collection=message.collection,
        field=message.field,
        source=space_from_message(message.source),
        target=space_from_message(message.target),
        space=space_from_message(message.space),
        kind=kind,
        pairs=message.pairs,
        held_out=message.held_out,
        figures={
            name: BridgeFigure(one.value, one.low, one.high)
            for name, one in sorted(message.figures.items(), key=_place)
        },
        forced=message.forced,
        created_at=message.created_at,
    )


def _place(item: tuple[str, pb.BridgeFigure]) -> int:
    # A message keeps no order.
    return FIGURES.index(item[0]) if item[0] in FIGURES else len(FIGURES)
