"""Operations to messages and back."""

from __future__ import annotations

from vecstore.operations import Operation
from vecstore.v1 import operation_service_pb2 as pb

_PARTS = (
    *("id", "kind", "subject", "state", "done", "progress", "message", "error"),
    *("created_at", "ended_at"),
)


def operation_to_message(operation: Operation) -> pb.Operation:
    """How an operation stands."""
    return pb.Operation(**{name: getattr(operation, name) for name in _PARTS})


def operation_from_message(message: pb.Operation) -> Operation:
    """How an operation stands."""
    return Operation(**{name: getattr(message, name) for name in _PARTS})
