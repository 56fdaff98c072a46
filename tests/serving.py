"""A server in a thread of its own, around a store of this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from threading import Thread

from vecstore.service.server import Server
from vecstore.store import Store


@contextlib.contextmanager
def served(store: Store) -> Iterator[str]:
    """The address at which the store is served meanwhile."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    server = Server(store, "127.0.0.1:0", store.settings)
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(30)
        try:
            yield server.address
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
