"""The bookkeeping of an ingestion: what is on its way, what to send again, how long to wait."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vecstore.client.outbox import WINDOW
from vecstore.client.retrying import backoff
from vecstore.errors import InvalidArgument, Overloaded, Unavailable, VecstoreError
from vecstore.ingesting import Batches, Ingestion, as_own, no_record
from vecstore.records import ItemResult, Record
from vecstore.v1 import record_service_pb2 as pb
from vecstore.v1 import types_pb2
from vecstore.wire.items import item_from_message, mode_to_message
from vecstore.wire.records import record_to_message

# Of a message, beside its records; and of each record in it.
_HEAD_BYTES = 2048
_TAG_BYTES = 6

_Item = tuple[str, types_pb2.Record | VecstoreError]


@dataclass(slots=True)
class _Batch:
    """Results in order, None where the server's are to come; the request is empty for none."""

    results: list[ItemResult | None]
    request: bytes
    sent: bool = False


class Sending:
    """Batches of one ingestion, in their order, until they are answered.

    A batch that was not answered is sent again as it was, under its key, so that the server does it
    once. A record that cannot be sent is refused here.

    Args:
        collection: where the records go.
        options: of the ingestion.
        limit: bytes of one message.
    """

    def __init__(self, collection: str, options: Ingestion, limit: int) -> None:
        self._collection, self._options, self._limit = collection, options, limit
        most = min(options.batch_bytes, max(limit - _HEAD_BYTES, 1))
        self._taken: Batches[_Item] = Batches(most, options.batch_size)
        self._batches: deque[_Batch] = deque()
        self._ended = False
        self._key, self._number = uuid.uuid4().hex, 0
        self._durable = 0
        self._lost_at: float | None = None
        self._attempts = 0

    @property
    def hungry(self) -> bool:
        """Whether more records are to be taken in before an answer is waited for."""
        return not self._ended and len(self._batches) < WINDOW

    @property
    def holds(self) -> bool:
        """Whether a request is to be sent."""
        return any(batch.request and not batch.sent for batch in self._batches)

    @property
    def waits(self) -> bool:
        """Whether the server owes an answer, or will."""
        return any(batch.request for batch in self._batches)

    @property
    def done(self) -> bool:
        """Whether every record is answered, and no more will come."""
        return self._ended and not self._batches

    def take(self, record: Record) -> None:
        """Take in the next record."""
        name = str(getattr(record, "id", ""))
        try:
            message = _message(record)
            size = message.ByteSize() + _TAG_BYTES
            if size > self._limit - _HEAD_BYTES:
                raise InvalidArgument(
                    f"record {name!r} has {size} bytes, and one message at most {self._limit}; "
                    "make it smaller, or raise max_message_bytes here and at the server",
                    field="records",
                )
        except VecstoreError as error:
            self._add(self._taken.add((name, error), 0))
        else:
            self._add(self._taken.add((name, message), size))

    def end(self) -> None:
        """No more records will come."""
        self._add(self._taken.rest())
        self._ended = True

    def unsent(self) -> Iterator[bytes]:
        """The requests to send now, in order."""
        for batch in self._batches:
            if batch.request and not batch.sent:
                batch.sent = True
                yield batch.request

    def settled(self) -> list[ItemResult]:
        """The next results that need no answer."""
        found: list[ItemResult] = []
        while self._batches and not self._batches[0].request:
            found += [one for one in self._batches.popleft().results if one]
        return found

    def answered(self, raw: bytes) -> list[ItemResult]:
        """The next results, those of the answer among them."""
        found = self.settled()
        batch = self._batches.popleft()
        answers = iter(pb.UpsertStreamResponse.FromString(raw).results)
        found += [one or item_from_message(next(answers)) for one in batch.results]
        self._durable += sum(one.error is None for one in found)
        self._lost_at, self._attempts = None, 0
        return found

    def pause(self, error: VecstoreError) -> float:
        """The stream has failed: everything unanswered is to be sent again, after a while.

        Returns:
            Seconds to wait.

        Raises:
            VecstoreError: ``error``, where waiting does not help, or has not helped long enough.
        """
        for batch in self._batches:
            batch.sent = False
        if isinstance(error, Overloaded):
            return error.retry_after + backoff(0)
        if not isinstance(error, Unavailable):
            raise error
        now = time.monotonic()
        self._lost_at = now if self._lost_at is None else self._lost_at
        left = self._lost_at + self._options.patience - now
        if left <= 0:
            raise Unavailable(
                f"{error.message} ({self._durable:,} records were acknowledged and are durable; "
                f"the server was away for the {self._options.patience:g} s of patience: ingest "
                "the rest when it is back)",
                **error.details,
                durable=self._durable,
            )
        self._attempts += 1
        return min(backoff(self._attempts), left)

    def _add(self, items: Sequence[_Item]) -> None:
        if not items:
            return
        results = [
            ItemResult(name, given) if isinstance(given, VecstoreError) else None
            for name, given in items
        ]
        messages = [given for _, given in items if not isinstance(given, VecstoreError)]
        self._batches.append(_Batch(results, self._request(messages) if messages else b""))

    def _request(self, messages: list[types_pb2.Record]) -> bytes:
        self._number += 1
        request = pb.UpsertStreamRequest(
            collection=self._collection,
            records=messages,
            mode=mode_to_message(self._options.mode),
            idempotency_key=f"{self._key}-{self._number}",
            each=True,
        )
        return request.SerializeToString()


def _message(record: Record) -> types_pb2.Record:
    if not isinstance(record, Record):
        raise no_record(record)
    try:
        return record_to_message(record)
    except VecstoreError as error:
        own = as_own(error, record)
        raise type(own)(f"record {record.id!r}: {own.message}", **own.details) from None
