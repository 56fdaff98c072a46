"""What a servicer is: the methods of one proto service, as blocking functions of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from vecstore.service.calls import Calls, UnaryHandler, require_at_most
from vecstore.service.downloads import streaming

if TYPE_CHECKING:
    from vecstore.collection import Collection
    from vecstore.store import Store


class Servicer:
    """Base of the servicers.

    A unary method takes the request message and returns the response message, or raises; one with
    many answers is a generator of them. One with many requests is a coroutine function that takes
    the requests and the context, in bytes.

    Attributes:
        service: the proto service; every one of its methods is a method here.
        writes: names of methods that wait for a commit.
    """

    service: ClassVar[ServiceDescriptor]
    writes: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, store: Store, calls: Calls) -> None:
        self.store = store
        self.calls = calls

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:
        """The gRPC handlers of the methods by name, in bytes."""
        return {method.name: self._handler(method) for method in self.service.methods}

    def unary(self, method: MethodDescriptor) -> UnaryHandler:
        """The handler of a unary method."""
        return self.calls.unary(
            getattr(self, method.name),
            GetMessageClass(method.input_type),
            writes=method.name in self.writes,
        )

    def collection(self, name: str) -> Collection:
        """The collection that a name or alias stands for now, for the whole of one request."""
        return self.store.named_collection(name)

    def require_batch(self, count: int, name: str) -> None:
        """Raise InvalidArgument where a repeated field is longer than ``max_batch``.

        Before anything is made of its items, so that a refused request costs no memory.
        """
        require_at_most(self.store.settings.max_batch, count, name)

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(getattr(self, method.name))
        if method.server_streaming:
            request_type = GetMessageClass(method.input_type)
            handler = streaming(self.calls, getattr(self, method.name), request_type)
            return grpc.unary_stream_rpc_method_handler(handler)
        return grpc.unary_unary_rpc_method_handler(self.unary(method))
