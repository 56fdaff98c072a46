"""The part of ReembedService that is about bridges."""

from __future__ import annotations

from vecstore.records import DEFAULT_FIELD
from vecstore.service.servicer import Servicer
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.bridges import bridge_to_message

_DEFAULT_PAIRS = 2000


class BridgesServicer(Servicer):
    """Translates the methods on bridges to the store."""

    def FitBridge(self, request: pb.FitBridgeRequest) -> pb.FitBridgeResponse:
        bridge = self.collection(request.subject.collection).fit_bridge(
            request.encoder,
            name=request.name,
            field=request.subject.field or DEFAULT_FIELD,
            pairs=request.pairs or _DEFAULT_PAIRS,
            seed=request.seed,
            force=request.force,
        )
        return pb.FitBridgeResponse(bridge=bridge_to_message(bridge))

    def ListBridges(self, request: pb.ListBridgesRequest) -> pb.ListBridgesResponse:
        bridges = self.collection(request.collection).list_bridges()
        return pb.ListBridgesResponse(bridges=[bridge_to_message(one) for one in bridges])

    def DeleteBridge(self, request: pb.DeleteBridgeRequest) -> pb.DeleteBridgeResponse:
        self.collection(request.collection).delete_bridge(request.name)
        return pb.DeleteBridgeResponse()
