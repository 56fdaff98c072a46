"""Clients that know nothing of vecstore: built from the protos alone, and by reflection."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources, util
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pool, json_format
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

PROTOS = Path(__file__).parents[2] / "protos"

# What somebody would write who has the proto files and the error conventions of google.rpc.
CLIENT = """
import json, sys
sys.path.insert(0, sys.argv[2])
import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from vecstore.v1 import (
    encoder_service_pb2, encoder_service_pb2_grpc, search_service_pb2, search_service_pb2_grpc,
)
assert "site-packages" not in search_service_pb2.__file__
channel = grpc.insecure_channel(sys.argv[1])
encoders = encoder_service_pb2_grpc.EncoderServiceStub(channel)
search = search_service_pb2_grpc.SearchServiceStub(channel)
inputs = [encoder_service_pb2.EncodeInput(text="copy a directory")]
vector = encoders.Encode(
    encoder_service_pb2.EncodeRequest(encoder="hashing", inputs=inputs)
).vectors[0]
request = search_service_pb2.SearchRequest(
    collection="docs", query=search_service_pb2.Query(vector=vector)
)
hits = search.Search(request).hits
request.query.vector.space.model = "another"
try:
    search.Search(request)
except grpc.RpcError as error:
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    print(json.dumps({
        "hits": [hit.id for hit in hits],
        "code": error.code().name,
        "message": error.details(),
        "reason": info.reason,
        "domain": info.domain,
        "metadata": dict(info.metadata),
        "imported": sorted(name for name in sys.modules if name.startswith("vecstore")),
    }))
"""


def generate(folder):
    """Python modules of the protos, in ``folder``."""
    from grpc_tools import protoc

    google_rpc = Path(util.find_spec("google.rpc.status_pb2").origin).parents[2]
    includes = [PROTOS, resources.files("grpc_tools") / "_proto", google_rpc]
    flags = [f"-I{path}" for path in includes]
    flags += [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    sources = [str(path.relative_to(PROTOS)) for path in sorted(PROTOS.rglob("*.proto"))]
    assert protoc.main(["protoc", *flags, *sources]) == 0


def test_a_client_built_from_the_protos_alone(serve, store, tmp_path):
    generate(tmp_path)
    running = serve(store)
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, running.address, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["hits"] == ["first"]
    assert (seen["code"], seen["reason"]) == ("FAILED_PRECONDITION", "SPACE_MISMATCH")
    assert seen["domain"] == "vecstore"
    assert seen["metadata"]["expected_model"] == "hashing"
    assert seen["metadata"]["given_model"] == "another"
    assert "cannot be compared" in seen["message"]
    assert all(name.startswith("vecstore.v1") or name == "vecstore" for name in seen["imported"])


class Reflected:
    """Calls methods by name with messages in JSON, as grpcurl does."""

    def __init__(self, channel):
        self._channel = channel
        self._pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))

    def call(self, service, method, request):
        described = self._pool.FindServiceByName(service).FindMethodByName(method)
        message = json_format.ParseDict(request, GetMessageClass(described.input_type)())
        send = self._channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda one: one.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        return json_format.MessageToDict(send(message))


def test_a_client_that_asks_the_server_what_it_offers(serve, store, channel_to):
    client = Reflected(channel_to(serve(store)))
    encoded = client.call(
        "vecstore.v1.EncoderService",
        "Encode",
        {"encoder": "hashing", "inputs": [{"text": "copy a directory"}]},
    )
    vector = encoded["vectors"][0]
    request = {"collection": "docs", "query": {"vector": vector}, "options": {"k": 1}}
    found = client.call("vecstore.v1.SearchService", "Search", request)
    assert found["hits"][0]["id"] == "first"
    assert found["hits"][0]["payload"]["entries"]["n"] == {"intValue": "1"}

    vector["space"]["version"] = "2"
    with pytest.raises(grpc.RpcError) as caught:
        client.call("vecstore.v1.SearchService", "Search", request)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    info = error_details_pb2.ErrorInfo()
    assert rpc_status.from_call(caught.value).details[0].Unpack(info)
    assert info.reason == "SPACE_MISMATCH"
    assert (info.metadata["expected_version"], info.metadata["given_version"]) == ("1", "2")
