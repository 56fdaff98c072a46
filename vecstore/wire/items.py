"""The results of a streamed upsert to messages and back."""

from __future__ import annotations

from google.rpc import code_pb2  # type: ignore[import-untyped]

from vecstore.errors import VecstoreError
from vecstore.records import ItemResult
from vecstore.v1 import record_service_pb2 as pb
from vecstore.wire.errors import error_from_status, error_to_status


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
