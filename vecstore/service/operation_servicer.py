"""OperationService: work that goes on beyond the call that began it."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor

from vecstore.service.servicer import Servicer
from vecstore.service.watching import watching
from vecstore.v1 import operation_service_pb2 as pb
from vecstore.wire.operations import operation_to_message

_DEFAULT_PAGE = 100


class OperationServicer(Servicer):
    """Translates OperationService to the store."""

    service = pb.DESCRIPTOR.services_by_name["OperationService"]
    writes = frozenset({"CancelOperation"})

    def GetOperation(self, request: pb.GetOperationRequest) -> pb.GetOperationResponse:
        operation = self.store.operation(request.id)
        return pb.GetOperationResponse(operation=operation_to_message(operation))

    def ListOperations(self, request: pb.ListOperationsRequest) -> pb.ListOperationsResponse:
        found, following = self.store.page_of_operations(
            request.include_done,
            page_size=request.page_size or _DEFAULT_PAGE,
            page_token=request.page_token,
        )
        return pb.ListOperationsResponse(
            operations=map(operation_to_message, found), next_page_token=following
        )

    def CancelOperation(self, request: pb.CancelOperationRequest) -> pb.CancelOperationResponse:
        operation = self.store.stop_operation(request.id, wait=False)
        return pb.CancelOperationResponse(operation=operation_to_message(operation))

    def WatchOperation(self, id: str) -> tuple[pb.WatchOperationResponse, bool]:
        """How it stands, and whether it goes on without anybody."""
        operation, running = self.store.look_at_operation(id)
        return pb.WatchOperationResponse(operation=operation_to_message(operation)), running

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        if method.name != "WatchOperation":
            return super()._handler(method)
        handler = watching(self.calls, self.WatchOperation, pb.WatchOperationRequest)
        return grpc.unary_stream_rpc_method_handler(handler)
