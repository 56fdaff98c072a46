"""``serve`` in a process of its own, stopped by signals."""

import signal
import socket
import subprocess
import sys

import pytest

import vecstore

SERVE = """
import sys
from vecstore.service import serve
serve(sys.argv[1], sys.argv[2], ready=lambda address: print(address, flush=True))
"""


@pytest.fixture
def start(tmp_path):
    processes = []

    def run(listen="127.0.0.1:0"):
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(tmp_path / "data"), listen],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_what_was_written_is_there(start, tmp_path, number):
    process = start()
    address = process.stdout.readline().strip()
    with vecstore.connect(address) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([vecstore.Record("a", text="a text")])
        process.send_signal(number)
        assert process.wait(60) == 0
    with vecstore.open(tmp_path / "data") as store:
        assert store.collection("docs").count() == 1


def test_two_servers_of_one_store_are_refused(start):
    first = start()
    assert first.stdout.readline()
    second = start()
    assert second.wait(60) != 0
    assert "StoreInUse" in second.stderr.read()


def test_a_taken_port_is_refused_before_the_store_is_opened(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = start(f"127.0.0.1:{other.getsockname()[1]}")
        assert process.wait(60) != 0
    assert "in use; choose another port" in process.stderr.read()
    assert not (tmp_path / "data").exists()


def test_another_address_is_refused_before_the_store_is_opened(start, tmp_path):
    process = start("0.0.0.0:0")
    assert process.wait(60) != 0
    assert "other machines" in process.stderr.read()
    assert not (tmp_path / "data").exists()
