"""The remote store, for ordinary code; see ``aio.py`` for asyncio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from vecstore.client.channel import Channel
from vecstore.client.collection import RemoteCollection
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


def connect(
    address: str,
    *,
    timeout: float = 30.0,
    retries: int = DEFAULT_RETRIES,
    settings: Settings | None = None,
) -> RemoteStore:
    """Connect to a server. Also known as ``vecstore.connect``.

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
    channel = Channel(
        check_address(address),
        check_timeout(timeout),
        check_retries(retries),
        settings or Settings.from_environment(),
    )
    try:
        channel.probe()
    except BaseException:
        channel.close()
        raise
    return RemoteStore(channel)


class RemoteStore:
    """A store served by another process. Made by :func:`connect`; may be used by many threads.

    Its methods are those of :class:`vecstore.store.Store`, and raise the same errors; beside them
    :class:`~vecstore.errors.Unavailable` and :class:`~vecstore.errors.DeadlineExceeded`.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def address(self) -> str:
        """The server's address."""
        return self._channel.address

    def __repr__(self) -> str:
        return f"<RemoteStore at {self.address}>"

    def with_timeout(self, seconds: float) -> RemoteStore:
        """This store, and what is got from it, with so many seconds for each call.

        The connection is the same one: closing either closes both.

        Raises:
            InvalidArgument: no time to wait.
        """
        return RemoteStore(self._channel.with_timeout(check_timeout(seconds)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def create_collection(
        self,
        name: str,
        *,
        encoder: str,
        metric: str | Metric = Metric.COSINE,
        store_inputs: bool = True,
        index: str = "hnsw",
        transform: str = "",
        fields: Mapping[str, str | NewField] | None = None,
    ) -> RemoteCollection:
        """See :meth:`vecstore.store.Store.create_collection`."""
        call = collection_calls.create_collection(
            name, encoder, metric, store_inputs, index, transform, fields
        )
        return RemoteCollection(self._channel, self._channel.call(call))

    def collection(self, name: str) -> RemoteCollection:
        """See :meth:`vecstore.store.Store.collection`."""
        info = self._channel.call(collection_calls.get_collection(name))
        return RemoteCollection(self._channel, info, name)

    def list_collections(self) -> list[CollectionInfo]:
        """See :meth:`vecstore.store.Store.list_collections`."""
        return self._channel.call(collection_calls.list_collections())

    def delete_collection(self, name: str) -> None:
        """See :meth:`vecstore.store.Store.delete_collection`."""
        self._channel.call(collection_calls.delete_collection(name))

    def set_alias(self, alias: str, collection: str) -> None:
        """See :meth:`vecstore.store.Store.set_alias`."""
        self.update_aliases({alias: collection})

    def delete_alias(self, alias: str) -> None:
        """See :meth:`vecstore.store.Store.delete_alias`."""
        self.update_aliases({}, [alias])

    def update_aliases(self, set: Mapping[str, str], delete: Sequence[str] = ()) -> dict[str, str]:
        """See :meth:`vecstore.store.Store.update_aliases`."""
        return self._channel.call(collection_calls.update_aliases(set, delete))

    def list_aliases(self) -> dict[str, str]:
        """See :meth:`vecstore.store.Store.list_aliases`."""
        return self._channel.call(collection_calls.list_aliases())

    def backup(
        self,
        path: str | Path,
        *,
        overwrite: bool = False,
        on_progress: Progress | None = None,
    ) -> BackupInfo:
        """See :meth:`vecstore.store.Store.backup`; the file is written on this side."""
        from vecstore.backups.saving import save_backup

        return self._channel.download(
            backup_calls.create_backup(),
            lambda pieces: save_backup(pieces, path, overwrite, on_progress),
        )

    def encode(
        self,
        encoder: str,
        inputs: Sequence[InputLike],
        *,
        role: str | Role = Role.DOCUMENT,
        transform: str = "",
    ) -> list[Vector]:
        """See :meth:`vecstore.store.Store.encode`."""
        return self._channel.call(encoder_calls.encode(encoder, inputs, role, transform))

    def compare(self, a: Vector, b: Vector, *, metric: str | Metric = Metric.COSINE) -> Comparison:
        """See :meth:`vecstore.store.Store.compare`."""
        return self._channel.call(search_calls.compare(a, b, metric))

    def space(self, name: str, *, transform: str = "") -> Space:
        """See :meth:`vecstore.store.Store.space`."""
        if not transform:
            return self._channel.call(encoder_calls.space(name))
        info = self.encoder(name)
        return transformed_space(transform, info, self.list_transforms())

    def list_transforms(self) -> list[TransformInfo]:
        """See :meth:`vecstore.store.Store.list_transforms`."""
        return self._channel.call(encoder_calls.list_transforms())

    def transform(self, name: str) -> TransformInfo:
        """See :meth:`vecstore.store.Store.transform`."""
        return info_of(name, self.list_transforms())

    def list_encoders(self) -> list[EncoderInfo]:
        """See :meth:`vecstore.store.Store.list_encoders`."""
        return self._channel.call(encoder_calls.list_encoders())

    def encoder(self, name: str) -> EncoderInfo:
        """See :meth:`vecstore.store.Store.encoder`."""
        return self._channel.call(encoder_calls.encoder(name))

    def list_evaluations(
        self, encoder: str | None = None, *, page_size: int = 100, page_token: str = ""
    ) -> EvaluationPage:
        """See :meth:`vecstore.store.Store.list_evaluations`."""
        call = evaluation_calls.list_evaluations(encoder, page_size, page_token)
        return self._channel.call(call)

    def evaluation(self, id: int) -> Evaluation:
        """See :meth:`vecstore.store.Store.evaluation`."""
        return self._channel.call(evaluation_calls.evaluation(id))

    def list_operations(self, include_done: bool = False) -> list[Operation]:
        """See :meth:`vecstore.store.Store.list_operations`."""
        found, token = self._channel.call(operation_calls.list_operations(include_done, ""))
        while token:
            call = operation_calls.list_operations(include_done, token)
            page, token = self._channel.call(call)
            found += page
        return found

    def operation(self, id: str) -> Operation:
        """See :meth:`vecstore.store.Store.operation`."""
        return self._channel.call(operation_calls.operation(id))

    def cancel_operation(self, id: str) -> Operation:
        """See :meth:`vecstore.store.Store.cancel_operation`.

        The server gives the room back in the background.
        """
        return self._channel.call(operation_calls.cancel_operation(id))

    def watch_operation(self, id: str, every: float = 1.0) -> Iterator[Operation]:
        """See :meth:`vecstore.store.Store.watch_operation`."""
        yield from self._channel.answers(operation_calls.watch_operation(id, every))

    def close(self) -> None:
        """End the connection. Twice is once."""
        self._channel.close()
