"""Health: SERVING, and NOT_SERVING from the moment the server begins to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

Status = health_pb2.HealthCheckResponse
SERVICE = "grpc.health.v1.Health"


class Health(health_pb2_grpc.HealthServicer):
    """The health of the whole server, and of each of its services, which is the same.

    Watchers are told of the end and let go, so that a stopping server need not wait for them.
    """

    def __init__(self, services: Iterable[str], draining: asyncio.Event) -> None:
        self._services = {"", SERVICE, *services}
        self._draining = draining

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.service not in self._services:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no service {request.service!r}")
        return self._status()

    async def Watch(self, request: Any, context: Any) -> None:  # noqa: N802
        if request.service not in self._services:
            await context.write(Status(status=Status.SERVICE_UNKNOWN))
        elif not self._draining.is_set():
            await context.write(self._status())
        await self._draining.wait()
        await context.write(self._status())

    def _status(self) -> Any:
        stopping = self._draining.is_set()
        return Status(status=Status.NOT_SERVING if stopping else Status.SERVING)
