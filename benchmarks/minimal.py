"""The peer over gRPC: the least that a hand-written grpc.aio server around hnswlib can be.

``python -m benchmarks.minimal INDEX COUNT DIM`` serves, and prints its port. It checks nothing.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from benchmarks import bare
from benchmarks.ground import record_id

METHOD = "/minimal.Search/Search"

_Field = descriptor_pb2.FieldDescriptorProto
# message Request { bytes vector = 1; int32 k = 2; }
# message Hit { string id = 1; double distance = 2; }
# message Response { repeated Hit hits = 1; }
_MESSAGES: dict[str, list[tuple[str, Any]]] = {
    "Request": [("vector", _Field.TYPE_BYTES), ("k", _Field.TYPE_INT32)],
    "Hit": [("id", _Field.TYPE_STRING), ("distance", _Field.TYPE_DOUBLE)],
    "Response": [("hits", _Field.TYPE_MESSAGE)],
}


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="minimal.proto", package="minimal", syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, start=1):
            added = message.field.add(
                name=field, number=number, type=kind, label=_Field.LABEL_OPTIONAL
            )
            if kind == _Field.TYPE_MESSAGE:
                added.label = _Field.LABEL_REPEATED
                added.type_name = ".minimal.Hit"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"minimal.{name}"))
        for name in _MESSAGES
    }


_CLASSES = _messages()
Request, Hit, Response = (_CLASSES[name] for name in ("Request", "Hit", "Response"))


def stub(channel: Any) -> Any:
    """The call of a channel, blocking or asyncio."""
    return channel.unary_unary(
        METHOD,
        request_serializer=Request.SerializeToString,
        response_deserializer=Response.FromString,
    )


def question(query: Any) -> Any:
    """The request of a query (dim,) float32."""
    return Request(vector=query.tobytes(), k=bare.K)


def answer(response: Any) -> list[tuple[str, float]]:
    """Ids and distances."""
    return [(hit.id, hit.distance) for hit in response.hits]


async def serve(path: Path, count: int, dim: int) -> None:
    """Serve the index in a file until the process is ended."""
    index = bare.load(path, dim)
    ids = [record_id(key) for key in range(count)]

    async def search(request: Any, context: Any) -> Any:  # noqa: ARG001 - the handler's form
        query = np.frombuffer(request.vector, np.float32)
        keys, distances = index.knn_query(query, request.k, 1)
        found = zip(keys[0].tolist(), distances[0].tolist(), strict=True)
        return Response(hits=[Hit(id=ids[key], distance=distance) for key, distance in found])

    handler = grpc.unary_unary_rpc_method_handler(
        search,
        request_deserializer=Request.FromString,
        response_serializer=Response.SerializeToString,
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("minimal.Search", {"Search": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
