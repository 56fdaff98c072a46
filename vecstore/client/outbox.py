"""The bookkeeping of a streamed upsert: what was sent, and whose answer comes next."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from vecstore.errors import InvalidArgument, Unavailable, VecstoreError
from vecstore.records import ItemResult, Record, refused
from vecstore.v1 import record_service_pb2 as pb
from vecstore.wire.items import item_from_message
from vecstore.wire.records import records_to_messages

WINDOW = 8


class Outbox:
    """Batches of one stream, in their order.

    A batch that cannot be sent does not stop the stream: its results are made here.

    Args:
        collection: where the records go.
        limit: bytes of one message.
    """

    def __init__(self, collection: str, limit: int) -> None:
        self._collection = collection
        self._limit = limit
        self._slots: deque[list[ItemResult] | None] = deque()

    def __len__(self) -> int:
        """Batches whose results the caller does not have yet."""
        return len(self._slots)

    @property
    def full(self) -> bool:
        """Whether an answer must come in before the next batch goes out."""
        return len(self._slots) >= WINDOW

    @property
    def settled(self) -> bool:
        """Whether the next results need no answer from the server."""
        return bool(self._slots) and self._slots[0] is not None

    def take(self, batch: Sequence[Record]) -> bytes | None:
        """The request of a batch; None where it cannot be sent."""
        records = list(batch)
        try:
            request = pb.UpsertStreamRequest(
                collection=self._collection, records=records_to_messages(records)
            ).SerializeToString()
            if len(request) > self._limit:
                raise InvalidArgument(
                    f"a batch of {len(records)} records has {len(request)} bytes, and one message "
                    f"at most {self._limit}; make the batches smaller",
                    field="records",
                )
        except VecstoreError as error:
            self._slots.append(refused([str(getattr(r, "id", "")) for r in records], error))
            return None
        self._slots.append(None)
        return request

    def next(self, answer: bytes | None = None) -> list[ItemResult]:
        """The next results: made here where they are settled, and otherwise the answer's.

        Raises:
            Unavailable: an answer was needed, and the stream has ended.
        """
        results = self._slots.popleft()
        if results is not None:
            return results
        if answer is None:
            raise Unavailable(
                "the stream ended before every batch was answered; send the rest again"
            )
        message = pb.UpsertStreamResponse.FromString(answer)
        return [item_from_message(item) for item in message.results]
