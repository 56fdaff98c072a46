"""The remote store, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from vecstore.backups.values import BackupInfo, Progress
from vecstore.client import (
    backup_calls,
    collection_calls,
    encoder_calls,
    evaluation_calls,
    operation_calls,
    search_calls,
)
from vecstore.client.aio_channel import AsyncChannel
from vecstore.client.aio_collection import AsyncRemoteCollection
from vecstore.client.requests import check_address, check_timeout
from vecstore.client.retrying import DEFAULT_RETRIES, check_retries
from vecstore.config import Settings
from vecstore.evaluations import Evaluation, EvaluationPage
from vecstore.operations import Operation
from vecstore.records import (
    CollectionInfo,
    Comparison,
    EncoderInfo,
    InputLike,
    NewField,
    Role,
)
from vecstore.spaces import Metric, Space, Vector
from vecstore.transforms import TransformInfo, info_of, transformed_space


async def connect(
    address: str,
    *,
    timeout: float = 30.0,
    retries: int = DEFAULT_RETRIES,
    settings: Settings | None = None,
) -> AsyncRemoteStore:
    """Connect to a server. Also known as ``vecstore.aio.connect``.

    Args:
        address: ``HOST:PORT``.
        timeout: seconds that one call may take, all its attempts together; ``with_timeout`` gives
            some calls more or less.
        retries: how often a call may be sent again where that is safe: the server is away for a
            moment, or has too much to do.
        settings: for ``max_message_bytes``; from the environment where left out.

    Raises:
        Unavailable: no server answers there.
        InvalidArgument: ``address`` is no address, or another argument out of its range.
    """
    channel = AsyncChannel(
        check_address(address),
        check_timeout(timeout),
        check_retries(retries),
        settings or Settings.from_environment(),
    )
    try:
        await channel.probe()
    except BaseException:
        await channel.close()
        raise
    return AsyncRemoteStore(channel)


class AsyncRemoteStore:
    """A store served by another process. Made by :func:`connect`; used on its own event loop.

    Its methods are those of :class:`vecstore.store.Store`, and raise the same errors; beside them
    :class:`~vecstore.errors.Unavailable` and :class:`~vecstore.errors.DeadlineExceeded`.
    """

    def __init__(self, channel: AsyncChannel) -> None:
        self._channel = channel

    @property
    def address(self) -> str:
        """The server's address."""
        return self._channel.address

    def __repr__(self) -> str:
        return f"<AsyncRemoteStore at {self.address}>"

    def with_timeout(self, seconds: float) -> AsyncRemoteStore:
        """This store, and what is got from it, with so many seconds for each call.

        The connection is the same one: closing either closes both.

        Raises:
            InvalidArgument: no time to wait.
        """
        return AsyncRemoteStore(self._channel.with_timeout(check_timeout(seconds)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def create_collection(
        self,
        name: str,
        *,
        encoder: str,
        metric: str | Metric = Metric.COSINE,
        store_inputs: bool = True,
        index: str = "hnsw",
        transform: str = "",
        fields: Mapping[str, str | NewField] | None = None,
    ) -> AsyncRemoteCollection:
        """See :meth:`vecstore.store.Store.create_collection`."""
        call = collection_calls.create_collection(
            name, encoder, metric, store_inputs, index, transform, fields
        )
        return AsyncRemoteCollection(self._channel, await self._channel.call(call))

    async def collection(self, name: str) -> AsyncRemoteCollection:
        """See :meth:`vecstore.store.Store.collection`."""
        info = await self._channel.call(collection_calls.get_collection(name))
        return AsyncRemoteCollection(self._channel, info, name)

    async def list_collections(self) -> list[CollectionInfo]:
        """See :meth:`vecstore.store.Store.list_collections`."""
        return await self._channel.call(collection_calls.list_collections())

    async def delete_collection(self, name: str) -> None:
        """See :meth:`vecstore.store.Store.delete_collection`."""
        await self._channel.call(collection_calls.delete_collection(name))

    async def set_alias(self, alias: str, collection: str) -> None:
        """See :meth:`vecstore.store.Store.set_alias`."""
        await self.update_aliases({alias: collection})

    async def delete_alias(self, alias: str) -> None:
        """See :meth:`vecstore.store.Store.delete_alias`."""
        await self.update_aliases({}, [alias])

    async def update_aliases(
        self, set: Mapping[str, str], delete: Sequence[str] = ()
    ) -> dict[str, str]:
        """See :meth:`vecstore.store.Store.update_aliases`."""
        return await self._channel.call(collection_calls.update_aliases(set, delete))

    async def list_aliases(self) -> dict[str, str]:
        """See :meth:`vecstore.store.Store.list_aliases`."""
        return await self._channel.call(collection_calls.list_aliases())

    async def backup(
        self,
        path: str | Path,
        *,
        overwrite: bool = False,
        on_progress: Progress | None = None,
    ) -> BackupInfo:
        """See :meth:`vecstore.store.Store.backup`; the file is written on this side."""
        from vecstore.backups.saving import save_backup

        return await self._channel.download(
            backup_calls.create_backup(),
            lambda pieces: save_backup(pieces, path, overwrite, on_progress),
        )

    async def encode(
        self,
        encoder: str,
        inputs: Sequence[InputLike],
        *,
        role: str | Role = Role.DOCUMENT,
        transform: str = "",
    ) -> list[Vector]:
        """See :meth:`vecstore.store.Store.encode`."""
        return await self._channel.call(encoder_calls.encode(encoder, inputs, role, transform))

    async def compare(
        self, a: Vector, b: Vector, *, metric: str | Metric = Metric.COSINE
    ) -> Comparison:
        """See :meth:`vecstore.store.Store.compare`."""
        return await self._channel.call(search_calls.compare(a, b, metric))

    async def space(self, name: str, *, transform: str = "") -> Space:
        """See :meth:`vecstore.store.Store.space`."""
        if not transform:
            return await self._channel.call(encoder_calls.space(name))
        info = await self.encoder(name)
        return transformed_space(transform, info, await self.list_transforms())

    async def list_transforms(self) -> list[TransformInfo]:
        """See :meth:`vecstore.store.Store.list_transforms`."""
        return await self._channel.call(encoder_calls.list_transforms())

    async def transform(self, name: str) -> TransformInfo:
        """See :meth:`vecstore.store.Store.transform`."""
        return info_of(name, await self.list_transforms())

    async def list_encoders(self) -> list[EncoderInfo]:
        """See :meth:`vecstore.store.Store.list_encoders`."""
        return await self._channel.call(encoder_calls.list_encoders())

    async def encoder(self, name: str) -> EncoderInfo:
        """See :meth:`vecstore.store.Store.encoder`."""
        return await self._channel.call(encoder_calls.encoder(name))

    async def list_evaluations(
        self, encoder: str | None = None, *, page_size: int = 100, page_token: str = ""
    ) -> EvaluationPage:
        """See :meth:`vecstore.store.Store.list_evaluations`."""
        return await self._channel.call(
            evaluation_calls.list_evaluations(encoder, page_size, page_token)
        )

    async def evaluation(self, id: int) -> Evaluation:
        """See :meth:`vecstore.store.Store.evaluation`."""
        return await self._channel.call(evaluation_calls.evaluation(id))

    async def list_operations(self, include_done: bool = False) -> list[Operation]:
        """See :meth:`vecstore.store.Store.list_operations`."""
        found, token = await self._channel.call(operation_calls.list_operations(include_done, ""))
        while token:
            call = operation_calls.list_operations(include_done, token)
            page, token = await self._channel.call(call)
            found += page
        return found

    async def operation(self, id: str) -> Operation:
        """See :meth:`vecstore.store.Store.operation`."""
        return await self._channel.call(operation_calls.operation(id))

    async def cancel_operation(self, id: str) -> Operation:
        """See :meth:`vecstore.store.Store.cancel_operation`.

        The server gives the room back in the background.
        """
        return await self._channel.call(operation_calls.cancel_operation(id))

    async def watch_operation(self, id: str, every: float = 1.0) -> AsyncIterator[Operation]:
        """See :meth:`vecstore.store.Store.watch_operation`."""
        async for one in self._channel.answers(operation_calls.watch_operation(id, every)):
            yield one

    async def close(self) -> None:
        """End the connection. Twice is once."""
        await self._channel.close()
