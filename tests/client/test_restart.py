"""A server that is stopped and started again at its place, and clients that live through it."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import vecstore
from vecstore.client import options

THREADS = 4


@pytest.fixture
def folder(tmp_path):
    with vecstore.open(tmp_path / "store") as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([vecstore.Record("copy", "copy a tree"), vecstore.Record("sort", "sort it")])
    return tmp_path / "store"


def patiently(call):
    """What a call gives, however often it must be made until the connection is there again."""
    for _ in range(100):
        try:
            return call()
        except vecstore.Unavailable:
            continue
    return pytest.fail("the connection did not come back")


def test_a_connection_and_what_was_got_from_it_survive_a_restart(connect, serve, folder):
    with vecstore.open(folder) as store:
        first = serve(store)
        remote = connect(first.address)
        docs = remote.collection("docs")
        assert docs.search("copy a tree", k=1)[0].id == "copy"
        first.stop()
    with pytest.raises(vecstore.Unavailable, match=first.address):
        docs.search("copy a tree", k=1)
    with vecstore.open(folder) as store:
        second = serve(store, listen=first.address)

        def search(text):
            return patiently(lambda: docs.search(text, k=1))[0].id

        with ThreadPoolExecutor(THREADS) as pool:
            assert (
                list(pool.map(search, ["copy a tree", "sort it"] * THREADS))
                == [
                    "copy",
                    "sort",
                ]
                * THREADS
            )
        assert docs.upsert([vecstore.Record("new", "parse a date")]) == 1
        assert remote.collection("docs").count() == 3
        second.stop()


def test_a_server_that_says_nothing_is_noticed_before_a_call_runs_out_of_time():
    given = dict(options.channel_options(vecstore.Settings()))
    noticed = given["grpc.keepalive_time_ms"] + given["grpc.keepalive_timeout_ms"]
    assert given["grpc.keepalive_time_ms"] > 10_000  # servers refuse to be asked more often
    assert given["grpc.http2.ping_timeout_ms"] <= given["grpc.keepalive_timeout_ms"]
    assert noticed < 30_000


@pytest.fixture
def server_process(folder):
    """(address, process) of a server in a process of its own."""
    code = "import sys; from vecstore.service.server import serve; serve("
    code += "sys.argv[1], '127.0.0.1:0', ready=lambda address: print(address, flush=True))"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process.stdout.readline().strip(), process
        process.send_signal(signal.SIGCONT)
        process.terminate()


def test_a_server_process_that_stands_still_is_told_from_a_slow_one(
    connect, server_process, monkeypatch
):
    monkeypatch.setattr(options, "_SILENCE_MS", 500)
    monkeypatch.setattr(options, "_ANSWER_MS", 500)
    address, process = server_process
    docs = connect(address, timeout=250.0, retries=0).collection("docs")
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(vecstore.Unavailable, match=address):
        docs.search("copy a tree")
    process.send_signal(signal.SIGCONT)
    assert patiently(lambda: docs.search("copy a tree", k=1))[0].id == "copy"
