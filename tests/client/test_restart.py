"""A server that is stopped and started again at its place, and clients that live through it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import vecstore
from vecstore.client.options import channel_options

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
            assert list(pool.map(search, ["copy a tree", "sort it"] * THREADS)) == [
                "copy",
                "sort",
            ] * THREADS
        assert docs.upsert([vecstore.Record("new", "parse a date")]) == 1
        assert remote.collection("docs").count() == 3
        second.stop()


def test_a_server_that_says_nothing_is_noticed_before_a_call_runs_out_of_time():
    options = dict(channel_options(vecstore.Settings()))
    noticed = options["grpc.keepalive_time_ms"] + options["grpc.keepalive_timeout_ms"]
    assert options["grpc.keepalive_time_ms"] > 10_000  # servers refuse to be asked more often
    assert noticed < 30_000
