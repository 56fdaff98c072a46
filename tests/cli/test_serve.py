import json
import os
import signal
import socket
import subprocess
import sys

import pytest


def start(data, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "vecstore.cli.main", "serve", "--data", str(data), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_and_stops(tmp_path, call, number):
    process = start(tmp_path / "data", "--listen", "127.0.0.1:0")
    line = process.stdout.readline()
    assert line.startswith(f"serving {tmp_path / 'data'} on 127.0.0.1:")
    address = line.split()[3].rstrip(";")
    assert call("collections", "create", "c", "-e", "hashing", "--server", address).code == 0
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert call("count", "c", "--data", tmp_path / "data").out == "0\n"


def test_a_port_that_is_taken(call, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        outcome = call("serve", "--data", tmp_path / "data", "--listen", address, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "FAILED_PRECONDITION")
    assert address in outcome.error["message"]


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "nonsense", "127.0.0.1:99999", "[::]:0"])
def test_addresses_that_are_refused(call, tmp_path, listen):
    outcome = call("serve", "--data", tmp_path / "data", "--listen", listen, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_ARGUMENT")
    assert listen in outcome.error["message"]
    assert not (tmp_path / "data").exists()


def test_a_store_in_use(call, server):
    outcome = call("serve", "--data", server.data, "--listen", "127.0.0.1:0", "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "STORE_IN_USE")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(call, tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    outcome = call("serve", "--data", tmp_path / "data", "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "STORAGE_ERROR")


def services(address):
    import grpc
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        try:
            answer = next(iter(stub.ServerReflectionInfo(iter([request]))))
        except grpc.RpcError as error:
            return error.code().name
        return {each.name for each in answer.list_services_response.service}


def test_reflection_is_a_switch(tmp_path, server):
    assert "vecstore.v1.SearchService" in services(server.where[1])
    process = start(tmp_path / "data", "--listen", "127.0.0.1:0", "--json", "--no-reflection")
    address = json.loads(process.stdout.readline())["listening"]
    assert services(address) == "UNIMPLEMENTED"
    process.terminate()
    process.communicate(timeout=60)
