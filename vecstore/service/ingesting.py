"""A message of which each record stands or falls for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vecstore.errors import VecstoreError
from vecstore.ingesting import as_own
from vecstore.records import ItemResult, Record
from vecstore.v1 import record_service_pb2 as pb
from vecstore.v1 import types_pb2
from vecstore.wire.items import mode_from_message
from vecstore.wire.records import record_from_message

if TYPE_CHECKING:
    from vecstore.collection import Collection


def ingest_message(collection: Collection, request: pb.UpsertStreamRequest) -> list[ItemResult]:
    """A result for each record, in order; a malformed one is refused here.

    Raises:
        VecstoreError: what no record is to blame for; nothing was written.
    """
    given = [_record(message) for message in request.records]
    written = iter(
        collection.ingest_batch(
            [one for one in given if isinstance(one, Record)],
            mode=mode_from_message(request.mode),
            idempotency_key=request.idempotency_key or None,
        )
    )
    return [
        next(written) if isinstance(one, Record) else ItemResult(message.id, one)
        for message, one in zip(request.records, given, strict=True)
    ]


def _record(message: types_pb2.Record) -> Record | VecstoreError:
    try:
        return record_from_message(message)
    except VecstoreError as error:
        own = as_own(error, message)
        return type(own)(f"record {message.id!r}: {own.message}", **own.details)
