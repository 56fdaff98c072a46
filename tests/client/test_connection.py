"""Connections that fail, end and try again."""

import asyncio
import socket
import threading

import grpc
import pytest

import vecstore
from vecstore import errors
from vecstore.operations import Operation


def test_nobody_listens(connect):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(vecstore.Unavailable, match="vecstore serve") as caught:
        connect(address)
    assert address in caught.value.message


def test_somebody_else_listens_and_says_nothing(connect):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises((vecstore.DeadlineExceeded, vecstore.Unavailable)) as caught:
            connect(address, timeout=0.3)
    assert address in caught.value.message


def test_a_grpc_server_that_is_no_vecstore(connect):
    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(1))
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    with pytest.raises(vecstore.FailedPrecondition, match="no vecstore server") as caught:
        connect(address)
    assert address in caught.value.message
    server.stop(None)


@pytest.mark.parametrize("address", ["", "localhost", 50051, None])
def test_what_is_no_address(connect, address):
    with pytest.raises(vecstore.InvalidArgument, match="HOST:PORT"):
        connect(address)


@pytest.mark.parametrize("timeout", [0, -1, None, True])
def test_what_is_no_timeout(connect, address, timeout):
    with pytest.raises(vecstore.InvalidArgument, match="timeout"):
        connect(address, timeout=timeout)


def test_a_closed_connection(store, docs):
    store.close()
    store.close()
    for call in (
        store.list_encoders,
        lambda: docs.search("a"),
        lambda: list(docs.upsert_stream([[]])),
    ):
        with pytest.raises(vecstore.StoreClosed, match="connect again"):
            call()


def test_a_with_block_closes(address, loop):
    with vecstore.connect(address) as store:
        store.list_encoders()
    with pytest.raises(vecstore.StoreClosed):
        store.list_encoders()

    async def main():
        async with await vecstore.aio.connect(address) as store:
            await store.list_encoders()
        with pytest.raises(vecstore.StoreClosed):
            await store.list_encoders()

    asyncio.run_coroutine_threadsafe(main(), loop).result(60)


def test_a_call_that_takes_too_long(connect, serve, told):
    release = threading.Event()

    def held():
        release.wait(60)
        return []

    store = connect(serve(told(list_encoders=held)).address, timeout=0.2)
    with pytest.raises(vecstore.DeadlineExceeded, match=r"within 0\.2 s"):
        store.list_encoders()
    release.set()


def test_a_call_on_a_connection_that_is_closed_meanwhile(connect, serve, told):
    arrived, release = threading.Event(), threading.Event()

    def held():
        arrived.set()
        release.wait(60)
        return []

    store = connect(serve(told(list_encoders=held)).address)
    raised = []

    def call():
        try:
            store.list_encoders()
        except vecstore.VecstoreError as error:
            raised.append(type(error))

    thread = threading.Thread(target=call)
    thread.start()
    assert arrived.wait(60)
    store.close()
    thread.join(60)
    release.set()
    assert raised
    assert raised[0] in (vecstore.StoreClosed, vecstore.Unavailable)


def test_a_stream_on_a_connection_that_is_closed_meanwhile(serve, told, loop):
    """It ends with an error: nobody has cancelled whoever reads it."""
    found = Operation("1", "reembed", "docs/default", "filling")
    address = serve(told(look_at_operation=lambda _: (found, True))).address

    async def main():
        store = await vecstore.aio.connect(address)
        watching = store.watch_operation("1", 60.0)
        assert await anext(watching) == found
        waiting = asyncio.create_task(anext(watching))
        await asyncio.sleep(0)  # it has begun
        await store.close()
        with pytest.raises(vecstore.StoreClosed, match="connect again"):
            await waiting

    asyncio.run_coroutine_threadsafe(main(), loop).result(60)


def test_a_server_that_is_away_for_a_moment_is_asked_again(connect, serve, told):
    attempts = []

    def flaky():
        attempts.append(len(attempts))
        if len(attempts) < 3:
            raise errors.Unavailable("for a moment")
        return []

    store = connect(serve(told(list_encoders=flaky)).address)
    assert store.list_encoders() == []
    assert attempts == [0, 1, 2]


def test_what_would_not_be_the_same_twice_is_not_tried_again(connect, serve, told):
    attempts = []

    def away(*args, **kwargs):
        attempts.append(args)
        raise errors.Unavailable("for a moment")

    store = connect(serve(told(delete_collection=away)).address)
    with pytest.raises(vecstore.Unavailable, match="for a moment"):
        store.delete_collection("docs")
    assert len(attempts) == 1


def test_a_connection_finds_a_server_that_was_restarted(connect, serve, told):
    first = serve(told(list_encoders=list))
    store = connect(first.address)
    first.stop()
    with pytest.raises(vecstore.Unavailable, match=first.address):
        store.list_encoders()
    serve(told(list_encoders=list), listen=first.address)
    for _ in range(100):  # the channel waits between attempts
        try:
            assert store.list_encoders() == []
            break
        except vecstore.Unavailable:
            continue
    else:
        pytest.fail("the connection did not come back")


def test_a_stopping_server_takes_no_connection(connect, serve, told):
    arrived, release = threading.Event(), threading.Event()

    def held():
        arrived.set()
        release.wait(60)
        return []

    running = serve(told(list_encoders=held))
    with vecstore.connect(running.address) as busy:
        thread = threading.Thread(target=busy.list_encoders)
        thread.start()
        assert arrived.wait(60)
        stopped = running.begin_to_stop()
        running.wait_until_stopping()
        with pytest.raises(vecstore.Unavailable, match="stopping"):
            connect(running.address)
        release.set()
        thread.join(60)
        stopped.result(60)


@pytest.mark.parametrize("kind", [errors.ModelDrift, errors.StorageError, errors.PluginError])
def test_errors_come_over_as_they_are(connect, serve, told, kind):
    def failing(name):
        raise kind("what it says: ä", part="a")

    store = connect(serve(told(encoder=failing)).address)
    with pytest.raises(kind, match="what it says: ä") as caught:
        store.encoder("hashing")
    assert type(caught.value) is kind
    assert caught.value.details == {"part": "a"}


def test_a_bug_of_the_server_is_an_internal_error_with_an_id(connect, serve, told, caplog):
    def failing(name):
        raise ZeroDivisionError("secret")

    store = connect(serve(told(encoder=failing)).address)
    with pytest.raises(vecstore.InternalError) as caught:
        store.encoder("hashing")
    assert caught.value.error_id in caplog.text
    assert "secret" not in str(caught.value)


def test_an_answer_larger_than_the_client_takes(connect, serve, told):
    from vecstore.records import EncoderInfo

    infos = [EncoderInfo("x" * 100, "loader", ())] * 100
    running = serve(told(list_encoders=lambda: infos))
    store = connect(running.address, settings=vecstore.Settings(max_message_bytes=2000))
    with pytest.raises(vecstore.InvalidArgument, match="ask for less"):
        store.list_encoders()
