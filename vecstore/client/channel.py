"""A synchronous connection: sends calls, and turns failures into errors of ours."""

from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, Self, TypeVar

import grpc

from vecstore.client import failures
from vecstore.client.calls import Call
from vecstore.client.downloads import download, each
from vecstore.client.ingest import Line, ingest
from vecstore.client.options import channel_options
from vecstore.client.outbox import Outbox
from vecstore.client.record_calls import UPSERT_STREAM
from vecstore.client.requests import HEALTH, require_serving, serialized
from vecstore.client.retrying import Attempts
from vecstore.client.sending import Sending
from vecstore.config import Settings
from vecstore.errors import VecstoreError
from vecstore.ingesting import Ingestion
from vecstore.records import ItemResult, Record

T = TypeVar("T")
R = TypeVar("R")


class Channel:
    """A connection to one server.

    Args:
        address: ``HOST:PORT``.
        timeout: seconds that one call may take, all its attempts together.
        retries: how often a call may be sent again.
        settings: for ``max_message_bytes`` and ``max_batch``.
    """

    def __init__(self, address: str, timeout: float, retries: int, settings: Settings) -> None:
        self.address = address
        self._timeout = timeout
        self._retries = retries
        self.settings = settings
        self._limit = settings.max_message_bytes
        self._channel = grpc.insecure_channel(address, options=channel_options(settings))
        self._methods: dict[str, Any] = {}
        self._closed = threading.Event()

    def probe(self) -> None:
        """Raise Unavailable unless a server that is not stopping answers."""
        require_serving(self._send(HEALTH, b"", self._timeout), self.address)

    def with_timeout(self, seconds: float) -> Self:
        """This connection, with another time for each call."""
        other = copy.copy(self)
        other._timeout = seconds
        return other

    def call(self, call: Call[T]) -> T:
        """Send a call, again where that is safe and may help, and wait for its answer."""
        attempts = Attempts(call, self._timeout, self._retries)
        request = serialized(call, self._limit)
        while True:
            try:
                answer = self._send(call.path, request, attempts.seconds)
            except VecstoreError as error:
                pause = attempts.pause(error)
                if pause is None:
                    raise
                self._closed.wait(pause)
            else:
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

    def ingest(
        self, collection: str, records: Iterable[Record], options: Ingestion
    ) -> Iterator[ItemResult]:
        """Send records in batches, over one stream after the other until all are answered."""
        self._require_open()
        return ingest(
            records, Sending(collection, options, self._limit), self._line, self._closed.wait
        )

    def download(self, call: Call[T], take: Callable[[Iterator[T]], R]) -> R:
        """Send a call, and hand its answers over as they come."""
        self._require_open()
        method: Any = self._channel.unary_stream(call.path)
        answers = method(serialized(call, self._limit))
        return download(answers, call, self.address, take)

    def answers(self, call: Call[T]) -> Generator[T, None, None]:
        """Send a call, and give its answers one by one as they come."""
        self._require_open()
        method: Any = self._channel.unary_stream(call.path)
        answers = method(serialized(call, self._limit))
        try:
            yield from each(lambda: next(answers, None), call, self.address)
        finally:
            answers.cancel()

    def close(self) -> None:
        """End the connection; calls under way fail. Twice is once."""
        self._closed.set()
        self._channel.close()

    def _send(self, path: str, request: bytes, seconds: float) -> bytes:
        method = self._methods.get(path)
        if method is None:
            method = self._methods[path] = self._channel.unary_unary(path)
        self._require_open()
        try:
            answer: bytes = method(request, timeout=seconds)
            return answer
        except grpc.RpcError as error:
            raise failures.error_of(error, self.address, path, self._timeout) from None
        except ValueError:  # closed by another thread
            raise failures.closed(self.address) from None

    def _line(self) -> Line:
        self._require_open()
        try:
            return Line(self._channel.stream_stream(UPSERT_STREAM), self.address)
        except ValueError:  # closed by another thread
            raise failures.closed(self.address) from None

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise failures.closed(self.address)
