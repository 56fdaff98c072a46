"""What only one process may hold of a store: the writer, and the live indexes that follow it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from vecstore.config import Settings
from vecstore.errors import StorageError, StoreClosed
from vecstore.index.live import LiveIndex
from vecstore.registry import Registry
from vecstore.spaces import FloatArray
from vecstore.storage.catalog import Catalog, CollectionRow, FieldRow
from vecstore.storage.faults import told
from vecstore.storage.ownership import FolderLock, database_held, held_by, lock_database
from vecstore.storage.payload_indexes import declared, label_payloads
from vecstore.storage.reads import Reader
from vecstore.storage.scans import FieldRows
from vecstore.storage.writer import Writer
from vecstore.storage.writes import FieldChange, require, stack

T = TypeVar("T")


class Owner:
    """Claimed at the first write or search, held until the store is closed.

    ``indexes`` holds the open indexes by field id, and ``carried``, by the same, the labels of
    vectors that were mapped from another space, where there are any.
    """

    def __init__(
        self, folder: Path, engine: Engine, settings: Settings, registry: Registry
    ) -> None:
        self.indexes: dict[int, LiveIndex] = {}
        self.carried: dict[int, set[int]] = {}
        self._folder = folder
        self._indexes = folder / "indexes"
        self._engine = engine
        self._settings = settings
        self._registry = registry
        self._reader = Reader(engine)
        self._gate = threading.Lock()
        self._lock: FolderLock | None = None
        self._writer: Writer | None = None
        self._store_id = ""
        self._closed = False
        self._lost: BaseException | None = None

    @property
    def claimed(self) -> bool:
        """Whether this process owns the store."""
        return self._writer is not None

    def elsewhere(self) -> str:
        """Which other process owns the store, in words; empty where none does."""
        if self.claimed:
            return ""
        with told("looking for the store's owner"), self._engine.connect() as connection:
            return held_by(self._folder) or ("another process" if database_held(connection) else "")

    def claim(self) -> None:
        """Become the owner; see :meth:`Store.claim`."""
        if self._writer is None or self._lost is not None:
            with self._gate:
                self._take()

    def _take(self) -> None:
        if self._lost is not None:
            raise StorageError(
                "the connection to the database was lost, and with it the ownership of the store: "
                f"{self._lost}; close the store and open it again"
            ) from self._lost
        if self._closed:
            raise StoreClosed("the store is closed; open it again")
        if self._writer is not None:
            return
        lock = FolderLock(self._folder)
        try:
            self._store_id = Catalog(self._engine).store_id()
            self._writer = Writer(self._engine, lock_database, self._lose)
        except BaseException:
            lock.release()
            raise
        self._lock = lock

    def _lose(self, error: BaseException) -> None:
        """Answer nothing any more: another process may own the store, and change it."""
        self._lost = error
        indexes, self.indexes = self.indexes, {}
        for index in indexes.values():
            index.discard()

    def write(
        self,
        run: Callable[[Connection], T],
        committed: Callable[[T], None],
        *,
        alone: bool = False,
    ) -> T:
        """Run an operation in the writer, and wait until it is durable.

        Raises:
            StoreClosed: the store is closed.
        """
        writer = self._writer
        if writer is None:
            raise StoreClosed("the store is closed; open it again to write")
        return writer.submit(run, committed, alone=alone).result()

    def open(self, collection: CollectionRow, field: FieldRow) -> LiveIndex:
        """Open a field's index, if it is not.

        Raises:
            CollectionChanged: the collection's fields are other ones by now.
        """
        opened: list[LiveIndex] = []
        # In the writer's thread, so that no commit falls between reading and following.
        self.write(
            lambda connection: require(connection, collection),
            lambda _: opened.append(self._open(collection, field)),
            alone=True,
        )
        # Not by its id: the field may be gone again.
        return opened[0]

    def between_commits(self, read: Callable[[], T]) -> T:
        """Read while database and indexes say the same: the writer waits meanwhile."""
        found: list[T] = []
        self.write(lambda _: None, lambda _: found.append(read()), alone=True)
        return found[0]

    def _open(self, collection: CollectionRow, field: FieldRow) -> LiveIndex:
        present = self.indexes.get(field.id)
        if present is not None:
            return present
        read: list[FieldRows] = []

        def rows() -> FieldRows:
            read.append(self._reader.field_rows(field))
            return read[0]

        def fetch(labels: NDArray[np.int64]) -> FloatArray:
            rows = read[0]
            crcs = rows.crcs[np.searchsorted(rows.labels, labels)]
            return self._reader.vectors(field.space, labels.tolist(), crcs.tolist())

        index = LiveIndex(
            self._registry.index_spec(field.index_backend),
            field.space,
            collection.metric,
            self._indexes / str(field.id),
            self._settings,
            store_id=self._store_id,
            field_key=f"{collection.id}/{field.id}",
        )
        index.open(rows, fetch)
        self._carry(field, self._reader.carried(field))
        self._declare(index, collection, field)
        self.indexes[field.id] = index
        return index

    def follow(self, collection: CollectionRow, changes: Mapping[int, FieldChange]) -> None:
        """Let the indexes know what a commit changed. Called in commit order, by the writer."""
        for field in collection.all_fields:
            change = changes.get(field.id)
            index = self.indexes.get(field.id)
            if change is not None and index is not None:
                self._carry(field, change.carried)
                index.applied_write(
                    change.removed,
                    change.labels,
                    change.ids,
                    change.crcs,
                    stack(change.values, field.space.dim),
                    change.payloads,
                )

    def _carry(self, field: FieldRow, labels: Sequence[int]) -> None:
        # Those of vectors that are gone stay: whoever has just found one may still ask for it, and
        # no label is ever used again.
        if labels:
            self.carried.setdefault(field.id, set()).update(labels)

    def declare(self, collection: CollectionRow) -> None:
        """Let the open indexes of a collection know which payload keys are declared now.

        They answer filters on these from memory once they have read the payloads, which begins now.
        """
        for field in collection.all_fields:
            index = self.indexes.get(field.id)
            if index is not None:
                self._declare(index, collection, field)
                index.wait_until_declared(0.0)

    def _declare(self, index: LiveIndex, collection: CollectionRow, field: FieldRow) -> None:
        index.declare(
            declared(self._engine, collection.id),
            lambda: label_payloads(self._engine, collection, field),
            self.between_commits,
        )

    def forget(self, collection: CollectionRow) -> None:
        """Drop the indexes of a collection that was deleted. Called by the writer."""
        for field in collection.all_fields:
            index = self.indexes.pop(field.id, None)
            self.carried.pop(field.id, None)
            if index is not None:
                index.discard()

    def drop_field(self, field: FieldRow) -> None:
        """Drop the index of a field that is gone. Called by the writer."""
        index = self.indexes.pop(field.id, None)
        self.carried.pop(field.id, None)
        if index is not None:
            index.discard()
        shutil.rmtree(self._indexes / str(field.id), ignore_errors=True)

    def drop_strays(self) -> None:
        """Remove what is on disk of the indexes of fields that are gone."""
        # In this order: what begins to be meanwhile is in neither.
        there = list(self._indexes.iterdir()) if self._indexes.is_dir() else []
        fields = {
            str(field.id)
            for collection in Catalog(self._engine).collections()
            for field in collection.all_fields
        }
        for folder in there:
            if folder.name.isdecimal() and folder.name not in fields:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Finish what is queued, write the indexes to disk, and let the ownership go."""
        with self._gate:
            self._closed = True
            writer, self._writer = self._writer, None
        try:
            if writer is not None:
                writer.close()
            for index in self.indexes.values():
                index.close()
            self.indexes.clear()
        finally:
            if self._lock is not None:
                self._lock.release()
