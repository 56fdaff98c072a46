"""The remote store for asyncio: ``await vecstore.aio.connect("127.0.0.1:50051")``."""

from vecstore.client.aio_collection import AsyncRemoteCollection
from vecstore.client.aio_reembedding import AsyncRemoteReembedding
from vecstore.client.aio_store import AsyncRemoteStore, connect

__all__ = ["AsyncRemoteCollection", "AsyncRemoteReembedding", "AsyncRemoteStore", "connect"]
