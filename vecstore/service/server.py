"""The gRPC server: listening, stopping gracefully, and running until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]

from vecstore.config import Settings
from vecstore.service.address import Address, parse_listen, require_free, taken
from vecstore.service.backup_servicer import BackupServicer
from vecstore.service.calls import Calls
from vecstore.service.collection_servicer import CollectionServicer
from vecstore.service.encoder_servicer import EncoderServicer
from vecstore.service.evaluation_servicer import EvaluationServicer
from vecstore.service.health import SERVICE as HEALTH_SERVICE
from vecstore.service.health import Health
from vecstore.service.operation_servicer import OperationServicer
from vecstore.service.record_servicer import RecordServicer
from vecstore.service.reembed_servicer import ReembedServicer
from vecstore.service.search_servicer import SearchServicer
from vecstore.service.servicer import Servicer

if TYPE_CHECKING:
    from vecstore.store import Store

SERVICERS: tuple[type[Servicer], ...] = (
    EncoderServicer,
    CollectionServicer,
    RecordServicer,
    SearchServicer,
    EvaluationServicer,
    BackupServicer,
    ReembedServicer,
    OperationServicer,
)
# For what is left when every call has ended: answers on their way, and reflection streams.
_LAST_SECONDS = 1.0


class Server:
    """A server of one open store.

    Args:
        store: stays the caller's, who closes it after :meth:`stop`.
        listen: ``HOST:PORT`` on loopback; port 0 takes any free port.
        settings: limits; the store's where left out.
        reflection: let operators ask what services there are.

    Raises:
        InvalidArgument: ``listen`` is no loopback address.
    """

    def __init__(
        self,
        store: Store,
        listen: str = "127.0.0.1:50051",
        settings: Settings | None = None,
        *,
        reflection: bool = True,
    ) -> None:
        self._store = store
        self._listen = parse_listen(listen)
        self._settings = settings or store.settings
        self._reflection = reflection
        self._bound = self._listen
        self._calls = Calls(self._settings)

    @property
    def address(self) -> str:
        """``HOST:PORT`` that the server listens on, once it has started."""
        return str(self._bound)

    async def start(self) -> None:
        """Listen.

        Raises:
            FailedPrecondition: the port is taken, or may not be used.
        """
        self._server = grpc.aio.server(options=_options(self._settings))
        names = [servicer.service.full_name for servicer in SERVICERS]
        for servicer in SERVICERS:
            handlers = servicer(self._store, self._calls).handlers()
            self._server.add_registered_method_handlers(servicer.service.full_name, handlers)
        health_pb2_grpc.add_HealthServicer_to_server(
            Health(names, self._calls.draining), self._server
        )
        if self._reflection:
            shown = (*names, HEALTH_SERVICE, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(shown, self._server)
        require_free(self._listen)
        try:
            port = self._server.add_insecure_port(str(self._listen))
        except RuntimeError as error:
            raise taken(self._listen, str(error)) from None
        self._bound = Address(self._listen.host, port)
        await self._server.start()

    async def wait(self) -> None:
        """Wait until the server has stopped."""
        await self._server.wait_for_termination()

    async def stop(self) -> None:
        """Take no new calls, let those under way end within ``drain_seconds``, then stop."""
        ended = await self._calls.drain(self._settings.drain_seconds)
        await self._server.stop(_LAST_SECONDS if ended else 0)
        self._calls.close()


def serve(
    path: str | Path,
    listen: str = "127.0.0.1:50051",
    *,
    database: str | None = None,
    settings: Settings | None = None,
    reflection: bool = True,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Open a store and serve it until SIGTERM or SIGINT; a second signal stops at once.

    Args:
        path, database, settings: as for ``vecstore.open``.
        listen: ``HOST:PORT`` on loopback; port 0 takes any free port.
        reflection: let operators ask what services there are.
        ready: called with the address when the server answers.

    Raises:
        InvalidArgument: ``listen`` is no loopback address.
        FailedPrecondition: the port is taken.
        VecstoreError: the store cannot be opened.
    """
    from vecstore.store import open_store

    require_free(parse_listen(listen))  # before indexes are opened, which takes its time
    with open_store(path, database=database, settings=settings) as store:
        store.claim()
        store.open_indexes()
        store.reembeddings.resume_all()
        asyncio.run(_run(Server(store, listen, reflection=reflection), ready))


async def _run(server: Server, ready: Callable[[str], None]) -> None:
    await server.start()
    signals = _Signals()
    try:
        ready(server.address)
        await signals.first.wait()
    finally:
        stopping = asyncio.create_task(server.stop())
        hurry = asyncio.create_task(signals.second.wait())
        await asyncio.wait({stopping, hurry}, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stopping


class _Signals:
    """SIGTERM and SIGINT as events of the running loop."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._arrived)

    def _arrived(self) -> None:
        (self.second if self.first.is_set() else self.first).set()


def _options(settings: Settings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        # Clients ask every 30 s during a long call whether this server still lives.
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]
