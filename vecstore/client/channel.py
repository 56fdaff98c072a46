"""A synchronous connection: sends calls, and turns failures into errors of ours."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import grpc

from vecstore.client import failures
from vecstore.client.calls import Call
from vecstore.client.options import channel_options
from vecstore.client.outbox import Outbox
from vecstore.client.record_calls import UPSERT_STREAM
from vecstore.client.requests import HEALTH, require_serving, serialized
from vecstore.config import Settings
from vecstore.records import ItemResult, Record

T = TypeVar("T")


class Channel:
    """A connection to one server.

    Args:
        address: ``HOST:PORT``.
        timeout: seconds that one call may take.
        settings: for ``max_message_bytes``.
    """

    def __init__(self, address: str, timeout: float, settings: Settings) -> None:
        self.address = address
        self._timeout = timeout
        self._limit = settings.max_message_bytes
        self._channel = grpc.insecure_channel(address, options=channel_options(settings))
        self._methods: dict[str, Any] = {}
        self._closed = False

    def probe(self) -> None:
        """Raise Unavailable unless a server that is not stopping answers."""
        require_serving(self._send(HEALTH, b""), self.address)

    def call(self, call: Call[T]) -> T:
        """Send a call and wait for its answer."""
        answer = self._send(call.path, serialized(call, self._limit))
        return call.read(call.response_type.FromString(answer))

    def upsert_stream(
        self, collection: str, batches: Iterable[Sequence[Record]]
    ) -> Iterator[list[ItemResult]]:
        """Send batches, several of them ahead of the answers."""
        self._require_open()
        outbox = Outbox(collection, self._limit)
        requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        method: Any = self._channel.stream_stream(UPSERT_STREAM)
        answers = method(iter(requests.get, None))
        try:
            for batch in batches:
                request = outbox.take(batch)
                if request is not None:
                    requests.put(request)
                while outbox.settled or outbox.full:
                    yield outbox.next(None if outbox.settled else next(answers, None))
            requests.put(None)
            while outbox:
                yield outbox.next(None if outbox.settled else next(answers, None))
        except grpc.RpcError as error:
            raise failures.error_of(error, self.address, UPSERT_STREAM, None) from None
        finally:
            requests.put(None)
            answers.cancel()

    def close(self) -> None:
        """End the connection; calls under way fail. Twice is once."""
        self._closed = True
        self._channel.close()

    def _send(self, path: str, request: bytes) -> bytes:
        method = self._methods.get(path)
        if method is None:
            method = self._methods[path] = self._channel.unary_unary(path)
        self._require_open()
        try:
            answer: bytes = method(request, timeout=self._timeout)
            return answer
        except grpc.RpcError as error:
            raise failures.error_of(error, self.address, path, self._timeout) from None
        except ValueError:  # closed by another thread
            raise failures.closed(self.address) from None

    def _require_open(self) -> None:
        if self._closed:
            raise failures.closed(self.address)
