"""What a servicer is: the methods of one proto service, as blocking functions of messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from vecstore.service.calls import Calls

if TYPE_CHECKING:
    from vecstore.store import Store


class Servicer:
    """Base of the servicers.

    A unary method takes the request message and returns the response message, or raises. A
    streaming one is a coroutine function that takes the requests and the context, in bytes.

    Attributes:
        service: the proto service; every one of its methods is a method here.
        writes: names of methods that wait for a commit.
    """

    service: ClassVar[ServiceDescriptor]
    writes: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, store: Store, calls: Calls) -> None:
        self.store = store
        self.calls = calls

    def inline(self, _method: str) -> Callable[[Any], bool] | None:
        """Which requests of a method are answered on the event loop; see :meth:`Calls.unary`."""
        return None

    def handler(self) -> grpc.GenericRpcHandler:
        """The gRPC handler of the whole service, in bytes."""
        methods = {method.name: self._method(method) for method in self.service.methods}
        return grpc.method_handlers_generic_handler(self.service.full_name, methods)

    def _method(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        function = getattr(self, method.name)
        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(function)
        handler = self.calls.unary(
            function,
            GetMessageClass(method.input_type),
            writes=method.name in self.writes,
            inline=self.inline(method.name),
        )
        return grpc.unary_unary_rpc_method_handler(handler)
