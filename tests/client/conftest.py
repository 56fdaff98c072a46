"""A real store in a real server process' stead, and both remote stores connected to it."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

import vecstore
from vecstore.config import Settings
from vecstore.service.server import Server


class Running:
    """A server in a thread of its own."""

    def __init__(self, store, settings, listen="127.0.0.1:0"):
        self._store, self._settings, self._listen = store, settings, listen
        self._started, self._begun, self._stopped = Future(), Future(), Future()
        self._thread = threading.Thread(target=asyncio.run, args=(self._main(),))
        self._thread.start()
        self.address = self._started.result(30)

    async def _main(self):
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = Server(self._store, self._listen, self._settings)
        try:
            await server.start()
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(server.address)
        await self._stopping.wait()
        stop = asyncio.create_task(server.stop())
        await asyncio.sleep(0)  # it has begun
        self._begun.set_result(None)
        await stop
        self._stopped.set_result(None)

    def begin_to_stop(self):
        if not self._stopped.done():
            self._loop.call_soon_threadsafe(self._stopping.set)
        return self._stopped

    def wait_until_stopping(self):
        self._begun.result(60)

    def stop(self):
        self.begin_to_stop().result(60)
        self._thread.join(60)


class Blocking:
    """An object of the asynchronous client, used as if it were of the synchronous one."""

    def __init__(self, target, loop):
        self._target, self._loop = target, loop

    def __getattr__(self, name):
        value = getattr(self._target, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._wrap(value(*args, **kwargs))

    def _wrap(self, result):
        if inspect.isasyncgen(result):
            return self._each(result)
        if inspect.isawaitable(result):
            return self._wrap(self._run(result))
        if type(result).__name__.startswith("AsyncRemote"):
            return Blocking(result, self._loop)
        return result

    def _each(self, generator):
        try:
            while True:
                yield self._run(anext(generator))
        except StopAsyncIteration:
            return
        finally:
            self._run(generator.aclose())

    def _run(self, awaitable):
        async def main():
            return await awaitable

        return asyncio.run_coroutine_threadsafe(main(), self._loop).result(60)


@pytest.fixture(scope="session")
def loop():
    """An event loop in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """An empty store."""
    with vecstore.open(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def address(embedded):
    """Of a server around the embedded store."""
    running = Running(embedded, embedded.settings)
    yield running.address
    running.stop()


@pytest.fixture(params=["connect", "aio.connect"])
def connect(request, loop):
    """connect(address, **options) -> a store of either client, used in the synchronous way."""
    opened = []

    def open_store(address, **options):
        if request.param == "connect":
            store = vecstore.connect(address, **options)
        else:
            connecting = vecstore.aio.connect(address, **options)
            remote = asyncio.run_coroutine_threadsafe(connecting, loop).result(60)
            store = Blocking(remote, loop)
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(connect, address):
    """A remote store of either client."""
    return connect(address)


@pytest.fixture
def docs(store, embedded):
    """An empty collection of it."""
    yield store.create_collection("docs", encoder="hashing@1")
    embedded.delete_collection("docs")


@pytest.fixture
def serve():
    """serve(store, listen="127.0.0.1:0", **settings) -> Running."""
    running = []

    def start(store, listen="127.0.0.1:0", **settings):
        running.append(Running(store, Settings(**settings), listen))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def told():
    """told(**methods) -> a store whose methods are these functions."""

    def make(**methods):
        return SimpleNamespace(settings=Settings(), **methods)

    return make
