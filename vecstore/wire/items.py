"""The results of a streamed upsert to messages and back."""

from __future__ import annotations

from collections.abc import Sequence

from google.rpc import code_pb2  # type: ignore[import-untyped]

from vecstore.errors import InvalidRecord, VecstoreError
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


def refused(ids: Sequence[str], error: Exception) -> list[ItemResult]:
    """The results of a batch that did not get as far as the store.

    Args:
        ids: of the batch's records.
        error: what was wrong; ``details["position"]`` says which record is to blame, and without
            it all of them are.
    """
    blamed = error.details.get("position") if isinstance(error, VecstoreError) else None
    if blamed is None:
        return [ItemResult(one, error) for one in ids]
    return [
        ItemResult(one, error if str(number) == blamed else _aside(blamed))
        for number, one in enumerate(ids)
    ]


def _aside(blamed: str) -> InvalidRecord:
    return InvalidRecord(
        "not written, because another record of the same batch was refused "
        f"(number {blamed}); send it again without that one",
        position=blamed,
        aborted=True,
    )
