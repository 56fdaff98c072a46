"""Use a vecstore server with nothing of vecstore: no package, no proto files, only its address.

The server says itself what services and messages it has (gRPC server reflection), as grpcurl and
Postman ask it. Needs grpcio, grpcio-reflection, grpcio-status and googleapis-common-protos.

    vecstore serve --data DIR
    python reflection_client.py 127.0.0.1:50051
"""

from __future__ import annotations

import array
import sys
from typing import Any

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (  # type: ignore[import-untyped]
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status  # type: ignore[import-untyped]

TEXTS = {"copy": "copy a directory tree", "sort": "sort a list", "parse": "parse a date"}


class Server:
    """A server whose messages are built from what it says of them.

    Args:
        address: ``HOST:PORT``.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._described = ProtoReflectionDescriptorDatabase(self._channel)
        self._pool = DescriptorPool(self._described)

    def services(self) -> list[str]:
        """Names of its services."""
        return sorted(self._described.get_services())

    def methods(self, service: str) -> list[str]:
        """Names of a service's methods."""
        return [one.name for one in self._pool.FindServiceByName(service).methods]

    def call(self, service: str, method: str, **fields: Any) -> Any:
        """The answer of a method to a request of these fields; messages are given as dicts."""
        described = self._pool.FindServiceByName(service).FindMethodByName(method)
        request = GetMessageClass(described.input_type)(**fields)
        send: Any = self._channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        return send(request)


def refusal(error: grpc.RpcError) -> str:
    """What a vecstore server says of a call that it refuses: code, reason, details, sentence."""
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        if detail.Unpack(info):
            details = ", ".join(f"{key}={value}" for key, value in sorted(info.metadata.items()))
            return f"{error.code().name} {info.domain}/{info.reason} ({details}): {error.details()}"
    return f"{error.code().name}: {error.details()}"


def main(address: str) -> None:
    """Make a collection, fill it, search it in three ways, and be refused."""
    server = Server(address)
    for service in server.services():
        if service.startswith("vecstore."):
            print(f"{service}: {', '.join(server.methods(service))}")

    collections, records, search = (
        f"vecstore.v1.{name}Service" for name in ("Collection", "Record", "Search")
    )
    server.call(collections, "CreateCollection", name="reflected", encoder="hashing@1")
    given = [{"id": id_, "fields": {"default": {"text": text}}} for id_, text in TEXTS.items()]
    count = server.call(records, "Upsert", collection="reflected", records=given).count
    print(f"stored {count} records")

    def ask(what: str, **query: Any) -> None:
        answer = server.call(
            search, "Search", collection="reflected", query=query, options={"k": 1}
        )
        print(f"nearest by {what}: {answer.hits[0].id}, in the space of {answer.space.model}")

    ask("text", text="copy a tree")
    encoded = server.call(
        "vecstore.v1.EncoderService",
        "Encode",
        encoder="hashing@1",
        inputs=[{"text": "sort the list"}],
        role="ROLE_QUERY",
    )
    vector = encoded.vectors[0]
    numbers = array.array("f", vector.packed)  # little-endian float32
    ask("packed floats", vector={"space": vector.space, "packed": numbers.tobytes()})
    ask("plain floats", vector={"space": vector.space, "floats": {"values": list(numbers)}})

    vector.space.version = "2"
    for what, query in (
        ("numbers of another space", vector),
        ("numbers of no space", {"packed": numbers.tobytes()}),
    ):
        try:
            ask(what, vector=query)
        except grpc.RpcError as error:
            print(f"{what}: {refusal(error)}")
    server.call(collections, "DeleteCollection", name="reflected")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051")
