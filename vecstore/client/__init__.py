"""The remote store: the methods of the embedded one, over gRPC."""

from vecstore.client.collection import RemoteCollection
from vecstore.client.reembedding import RemoteReembedding
from vecstore.client.store import RemoteStore, connect

__all__ = ["RemoteCollection", "RemoteReembedding", "RemoteStore", "connect"]
