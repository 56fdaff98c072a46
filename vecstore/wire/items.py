"""Streamed writes: what they expect, and their results, to messages and back."""

from __future__ import annotations

from google.rpc import code_pb2  # type: ignore[import-untyped]

from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.records import ItemResult, WriteMode
from vecstore.v1 import record_service_pb2 as pb
from vecstore.wire.errors import error_from_status, error_to_status

_MODES = {
    pb.WRITE_MODE_UNSPECIFIED: WriteMode.UPSERT,
    pb.WRITE_MODE_UPSERT: WriteMode.UPSERT,
    pb.WRITE_MODE_INSERT: WriteMode.INSERT,
    pb.WRITE_MODE_UPDATE: WriteMode.UPDATE,
}
_MODE_NUMBERS = {mode: number for number, mode in _MODES.items()}


def mode_to_message(mode: WriteMode) -> pb.WriteMode:
    """The enum value of a mode."""
    return _MODE_NUMBERS[mode]


def mode_from_message(number: int) -> WriteMode:
    """The mode of an enum value; upsert where it is unspecified.

    Raises:
        InvalidArgument: a number that is no mode.
    """
    try:
        return _MODES[number]  # type: ignore[index]
    except KeyError:
        raise InvalidArgument(
            f"the mode {number} is not known; use UPSERT, INSERT or UPDATE", field="mode"
        ) from None


def item_to_message(item: ItemResult) -> pb.ItemResult:
    """What became of one record; ABORTED where only a neighbour was to blame."""
    if item.error is None:
        return pb.ItemResult(id=item.id)
    status = error_to_status(item.error)
    if isinstance(item.error, VecstoreError) and "aborted" in item.error.details:
        status.code = code_pb2.ABORTED
    return pb.ItemResult(id=item.id, error=status)


def item_from_message(message: pb.ItemResult) -> ItemResult:
    """What became of one record."""
    error = error_from_status(message.error) if message.HasField("error") else None
    return ItemResult(message.id, error)
