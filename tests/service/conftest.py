"""A server in a thread of its own, around a real store or one that does as it is told."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import grpc
import pytest

from vecstore.config import Settings
from vecstore.service.server import Server


class Running:
    """A server that runs until it is stopped."""

    def __init__(self, store, settings, **options):
        self._store, self._settings, self._options = store, settings, options
        self._started = Future()
        self._stopped = Future()
        self._thread = threading.Thread(target=asyncio.run, args=(self._main(),))
        self._thread.start()
        self.address = self._started.result(30)

    async def _main(self):
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = Server(self._store, "127.0.0.1:0", self._settings, **self._options)
        try:
            await server.start()
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(server.address)
        await self._stopping.wait()
        await server.stop()
        self._stopped.set_result(None)

    def begin_to_stop(self):
        """Start stopping; the future is done when it has stopped."""
        if not self._stopped.done():
            self._loop.call_soon_threadsafe(self._stopping.set)
        return self._stopped

    def stop(self):
        self.begin_to_stop().result(60)
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def serve():
    """serve(store, reflection=True, **settings) -> Running."""
    running = []

    def start(store, reflection=True, **settings):
        running.append(Running(store, Settings(**settings), reflection=reflection))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def channel_to():
    """channel_to(running) -> a plain channel, closed at the end."""
    channels = []

    def connect(running):
        channels.append(grpc.insecure_channel(running.address))
        return channels[-1]

    yield connect
    for channel in channels:
        channel.close()


@pytest.fixture
def told():
    """told(**methods) -> a store whose methods are these functions."""

    def make(**methods):
        return SimpleNamespace(settings=Settings(), **methods)

    return make


class Gate:
    """Holds the threads that come to it until it is opened."""

    def __init__(self):
        self._open = threading.Event()
        self._arrivals = threading.Semaphore(0)

    def pass_through(self):
        self._arrivals.release()
        assert self._open.wait(60)

    def wait_for_one(self):
        assert self._arrivals.acquire(timeout=60)

    def open(self):
        self._open.set()


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A real store with one collection, "docs", of the hashing encoder."""
    import vecstore

    with vecstore.open(tmp_path_factory.mktemp("store")) as store:
        docs = store.create_collection("docs", encoder="hashing@1")
        docs.upsert([vecstore.Record(id="first", text="copy a tree", payload={"n": 1})])
        yield store
