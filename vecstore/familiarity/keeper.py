"""What a store knows of the unfamiliar, by field; and the thread that keeps it up to date."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from vecstore.calibrations import Calibration
from vecstore.errors import StorageError, StoreClosed, VecstoreError
from vecstore.familiarity.fields import FieldFamiliarity, forecast
from vecstore.familiarity.measuring import Subject
from vecstore.familiarity.requests import Change
from vecstore.index.worker import Worker
from vecstore.owner import Owner
from vecstore.spaces import FloatArray
from vecstore.storage.calibrations import (
    CalibrationRows,
    keep_used,
    read_calibration,
    read_settings,
    write_calibration,
)
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.writes import Changes, CollectionChanged

if TYPE_CHECKING:
    from vecstore.index.live import LiveIndex

log = logging.getLogger(__name__)

# What is gathered from use is written this often, all of it at a time.
_SAVE_SECONDS = 10.0

OFF = "searches say nothing of it: VECSTORE_UNFAMILIARITY is 0"


class Familiarity:
    """The fields of one store that have been searched or calibrated since it was opened.

    Args:
        engine: the database.
        owner: its writer and indexes.
        on: whether search answers say how strange a query is.
    """

    def __init__(self, engine: Engine, owner: Owner, on: bool) -> None:
        self.on = on
        self._engine = engine
        self._owner = owner
        self._fields: dict[int, FieldFamiliarity] = {}
        self._requests: dict[int, FieldFamiliarity] = {}
        self._gate = threading.Lock()
        self._closed = False
        self._worker: Worker | None = None
        self._saved_at = time.monotonic()

    # -- for searches

    def of(self, collection: CollectionRow, row: FieldRow, index: LiveIndex) -> FieldFamiliarity:
        """What answers for a field whose index is open."""
        found = self._fields.get(row.id)
        return found if found is not None else self._opened(collection, row, index)

    def describe(self, row: FieldRow, records: int) -> Calibration:
        """By what a field tells the unfamiliar.

        Args:
            row: the field; its index need not be open.
            records: how many there are.
        """
        found = self._fields.get(row.id)
        if found is not None:
            told = found.describe()
        else:
            told = forecast(*read_settings(self._engine, row), records)
        return told if self.on else replace(told, note=OFF)

    def calibrate(
        self,
        collection: CollectionRow,
        row: FieldRow,
        index: LiveIndex,
        change: Change,
        supplied: FloatArray | None,
    ) -> Calibration:
        """Measure by other rows, put them on record, and answer by them from then on.

        Args:
            collection, row, index: the field.
            change: what is to be different.
            supplied: vectors of new queries (n, dim), float32; None to leave them as they are.

        Raises:
            InvalidArgument: what is asked for does not fit, or the records have no classes.
            CollectionChanged: the field, in this space, is gone.
        """
        field = self.of(collection, row, index)

        def proceed() -> None:
            if self._closed:
                raise StoreClosed("the store was closed meanwhile; open it again to calibrate")
            if field.stopped:
                # Deleted, or let go with the space that it lived in.
                raise CollectionChanged

        with field.changing:
            rows = change.rows(field.current(), supplied)
            scale = field.scale_of(rows, proceed)
            self._owner.write(
                lambda connection: write_calibration(connection, collection, row, rows),
                lambda _: None,
            )
            field.adopt(rows, scale)
        return self.describe(row, index.count)

    def follow(self, changes: Changes) -> None:
        """A commit changed records. Called in commit order, by the writer."""
        for key, change in changes.items():
            found = self._fields.get(key)
            if found is not None:
                found.follow(change)

    def forget(self, collection: CollectionRow) -> None:
        """The collection has been deleted."""
        for row in collection.all_fields:
            self.forget_field(row)

    def forget_field(self, row: FieldRow) -> None:
        """The field, in this space, is gone."""
        field = self._fields.pop(row.id, None)
        if field is not None:
            field.stopped = True

    def close(self) -> None:
        """Stop, and put on record what has been gathered."""
        with self._gate:
            self._closed = True
            worker = self._worker
        for field in list(self._fields.values()):
            field.stopped = True
        if worker is not None:
            worker.stop()
        for field in list(self._fields.values()):
            with field.changing:
                self._save(field)

    def _opened(
        self, collection: CollectionRow, row: FieldRow, index: LiveIndex
    ) -> FieldFamiliarity:
        try:
            rows = read_calibration(self._engine, row)
        except StorageError as error:
            log.error("the calibration of %r cannot be read: %s", collection.name, error.message)
            rows = CalibrationRows()
        made = FieldFamiliarity(Subject(self._engine, collection, row, index), rows, self._request)
        found = self._fields.setdefault(row.id, made)
        if self._owner.indexes.get(row.id) is not index:
            # Deleted meanwhile: nobody would forget it any more.
            self._fields.pop(row.id, None)
        return found

    # -- in the background

    def _request(self, field: FieldFamiliarity, measure: bool) -> None:
        with self._gate:
            if self._closed:
                return
            if measure:
                self._requests[field.subject.row.id] = field
            if self._worker is None:
                self._worker = Worker(self._step, self._failed, "vecstore-familiarity")
                self._worker.start()
        self._worker.wake()

    def _step(self) -> float | None:
        try:
            self._work()
        except Exception:
            log.exception("what is unfamiliar could not be kept up to date")
        return self._pause()

    def _work(self) -> None:
        now = time.monotonic()
        with self._gate:
            requests = list(self._requests.items())
        for key, field in requests:
            if field.due <= now and not self._closed:
                self._requests.pop(key, None)
                field.measure()
        if now - self._saved_at > _SAVE_SECONDS:
            self._saved_at = now
            self._save_all()

    def _pause(self) -> float | None:
        """Seconds until there may be something to do; None for nothing."""
        now = time.monotonic()
        with self._gate:
            times = [field.due - now for field in self._requests.values()]
        if any(_unsaved(field) for field in list(self._fields.values())):
            times.append(self._saved_at + _SAVE_SECONDS - now)
        return max(0.01, min(times)) if times else None

    def _save_all(self) -> None:
        for field in list(self._fields.values()):
            # Not while somebody calibrates: that may be to keep nothing any more.
            if field.changing.acquire(blocking=False):
                try:
                    self._save(field)
                finally:
                    field.changing.release()

    def _save(self, field: FieldFamiliarity) -> None:
        gathered = field.gathered
        if gathered is None or not _unsaved(field):
            return
        taken, vectors = gathered.taken, gathered.matrix()
        row = field.subject.row
        try:
            self._owner.write(
                lambda connection: keep_used(connection, row, vectors), lambda _: None
            )
        except VecstoreError as error:
            log.warning("queries gathered from use were not written: %s", error.message)
        field.saved = taken

    def _failed(self, error: BaseException) -> None:
        log.error("what is unfamiliar is not kept up to date any more", exc_info=error)


def _unsaved(field: FieldFamiliarity) -> bool:
    return field.gathered is not None and field.gathered.taken > field.saved
