"""The part of ReembedService that is about bridges."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from vecstore.errors import Overloaded
from vecstore.records import DEFAULT_FIELD
from vecstore.service.calls import Calls
from vecstore.service.servicer import Servicer
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.bridges import bridge_to_message

if TYPE_CHECKING:
    from vecstore.bridges import BridgeInfo
    from vecstore.bridging.making import Steps
    from vecstore.store import Store

# Each of them keeps a core or more busy.
MOST_AT_ONCE = 2
_RETRY_SECONDS = 10.0
_DEFAULT_PAIRS = 2000


class BridgesServicer(Servicer):
    """Translates the methods on bridges to the store."""

    def __init__(self, store: Store, calls: Calls) -> None:
        super().__init__(store, calls)
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def FitBridge(self, request: pb.FitBridgeRequest) -> Generator[Message, None, None]:
        if not self._room.acquire(blocking=False):
            raise Overloaded(
                f"{MOST_AT_ONCE} bridges are being fitted already; try again when one is done",
                retry_after=_RETRY_SECONDS,
            )
        try:
            steps = self.collection(request.subject.collection).bridge_steps(
                request.encoder,
                name=request.name,
                field=request.subject.field or DEFAULT_FIELD,
                pairs=request.pairs or _DEFAULT_PAIRS,
                seed=request.seed,
                force=request.force,
            )
            # Whoever has gone stops it: it is closed where it stands.
            with closing(steps):
                bridge = yield from _told(steps)
            yield pb.FitBridgeResponse(bridge=bridge_to_message(bridge))
        finally:
            self._room.release()

    def ListBridges(self, request: pb.ListBridgesRequest) -> pb.ListBridgesResponse:
        bridges = self.collection(request.collection).list_bridges()
        return pb.ListBridgesResponse(bridges=[bridge_to_message(one) for one in bridges])

    def DeleteBridge(self, request: pb.DeleteBridgeRequest) -> pb.DeleteBridgeResponse:
        self.collection(request.collection).delete_bridge(request.name)
        return pb.DeleteBridgeResponse()


def _told(steps: Steps) -> Generator[Message, None, BridgeInfo]:
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            made: BridgeInfo = end.value
            return made
        yield pb.FitBridgeResponse(done=done, total=total)
