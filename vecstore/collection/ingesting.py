"""Ingestion: batches of which each record stands or falls for itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from vecstore.changes import checked_mode
from vecstore.collection.once import of_records
from vecstore.collection.writing import Writing
from vecstore.errors import (
    AlreadyExists,
    InvalidArgument,
    InvalidRecord,
    Overloaded,
    RecordNotFound,
    SpaceMismatch,
    VecstoreError,
)
from vecstore.ingesting import (
    BATCH_BYTES,
    PATIENCE,
    Batches,
    Ingestion,
    as_own,
    ingestion,
    is_of_a_record,
    no_record,
)
from vecstore.intake import Checked, check, encode
from vecstore.paging import record_bytes
from vecstore.records import ItemResult, Record, WriteMode
from vecstore.storage.conditions import ALWAYS
from vecstore.storage.idempotency import Once
from vecstore.storage.ingesting import ingest, remember_refused
from vecstore.storage.upserts import KeptVectorGone
from vecstore.storage.writes import NewRecord, Written

_Errors = dict[int, VecstoreError]


class Ingesting(Writing):
    """The methods that take in a stream of records."""

    def ingest(
        self,
        records: Iterable[Record],
        *,
        mode: str | WriteMode = WriteMode.UPSERT,
        batch_bytes: int = BATCH_BYTES,
        batch_size: int | None = None,
        patience: float = PATIENCE,
    ) -> Iterator[ItemResult]:
        """Write a stream of records, of any length, in batches of so many bytes.

        A bad record fails alone. Where the store has too much to do, this waits and goes on; over a
        connection that is lost it resumes after what was answered, and nothing is done twice. The
        memory taken is that of a few batches. Writing goes on as the results are taken.

        Args:
            records: taken as they are needed.
            mode: upsert (the last of equal ids stays), insert (an id that is there is refused) or
                update (an id that is not there is refused).
            batch_bytes: of one batch, as it is sent; a record that has more goes alone.
            batch_size: records of one batch at most; ``max_batch`` where left out.
            patience: seconds for which a server may be away, without any progress, before this
                gives up.

        Yields:
            For each record, in order, what became of it: without an error where it is durable.

        Raises:
            InvalidArgument: one of the options makes no sense.
            Unavailable: the server was away for too long.
            VecstoreError: what no record is to blame for, such as a collection that was deleted.
                Whatever was answered is durable, and of nothing is a half written.
        """
        most = self._store.settings.max_batch
        return _ingested(self, records, ingestion(mode, batch_bytes, batch_size, patience, most))

    def ingest_batch(
        self,
        batch: Sequence[Record],
        *,
        mode: str | WriteMode = WriteMode.UPSERT,
        idempotency_key: str | None = None,
    ) -> list[ItemResult]:
        """One batch of :meth:`ingest`: what is good of it is written, together.

        Args:
            batch: records.
            mode: see :meth:`ingest`.
            idempotency_key: see :meth:`upsert`; the answer is the same for every record.

        Raises:
            VecstoreError: what no record is to blame for; nothing was written.
        """
        expected = checked_mode(mode)
        good, errors = self._each_checked(batch)
        again: _Errors | None = None
        if idempotency_key and any(isinstance(one, SpaceMismatch) for one in errors.values()):
            again = self._done_elsewhere(batch, expected, idempotency_key)
        if again is None:
            again = errors | self._written(good, expected, idempotency_key)
        return [
            ItemResult(str(getattr(one, "id", "")), again.get(number))
            for number, one in enumerate(batch)
        ]

    def _each_checked(
        self, batch: Sequence[Record], *, moved: bool = False
    ) -> tuple[dict[int, Checked], _Errors]:
        """What is good of a batch, and what is wrong with the rest; ``moved`` as in ``check``."""
        errors: _Errors = {}
        good: dict[int, Checked] = {}
        for number, record in enumerate(batch):
            try:
                if not isinstance(record, Record):
                    raise no_record(record)
                settings = self._store.settings
                good[number] = check([record], self._fields, settings, moved=moved)[0]
            except VecstoreError as error:
                errors[number] = _own(error, record)
        return good, errors

    def _done_elsewhere(self, batch: Sequence[Record], mode: WriteMode, key: str) -> _Errors | None:
        """The errors of a batch that was done when a field lived in its vectors' space."""
        good, errors = self._each_checked(batch, moved=True)
        request = self._once(key, lambda: of_records(f"each {mode}", list(good.values()), {}))
        try:
            if request is None or self._done_before((), ALWAYS, request) is None:
                return None
        except InvalidArgument:
            return None  # done for another batch, which is told of what is left of this one
        return errors | self._told_again(good, mode, request)

    def _written(self, good: Mapping[int, Checked], mode: WriteMode, key: str | None) -> _Errors:
        """Write checked records; the errors of those that were not."""
        if not good:
            return {}
        self._store.require(self._row)
        checked = list(good.values())
        request = self._once(key, lambda: of_records(f"each {mode}", checked, {}))
        if request and self._done_before((), ALWAYS, request) is not None:
            return self._told_again(good, mode, request)
        for field in (*self._fields.values(), *self._beside):
            field.index.wait_for_room(self._store.settings.tail_wait_seconds)
        try:
            return self._each_committed(good, mode, request, keep=True)
        except KeptVectorGone:
            return self._each_committed(good, mode, request, keep=False)

    def _each_committed(
        self, good: Mapping[int, Checked], mode: WriteMode, request: Once | None, *, keep: bool
    ) -> _Errors:
        early = self._misfits(good, mode)  # nothing is encoded for them
        wanted = [(number, one) for number, one in good.items() if number not in early]
        new, errors = self._encoded(wanted, keep=keep)
        out: list[int] | None = None

        def write(connection: Connection) -> Written:
            nonlocal out
            done, late = ingest(connection, self._row, new, mode)
            out = [*early, *late]
            if request:
                remember_refused(connection, self._row, request, {*out, *errors})
            return done

        self._commit(write, request)
        if out is None and request:  # done by another sending of the same batch, meanwhile
            return self._told_again(good, mode, request)
        return errors | {number: self._unfit(good[number], mode) for number in out or ()}

    def _misfits(self, good: Mapping[int, Checked], mode: WriteMode) -> set[int]:
        """The numbers of those whose ids are there, and should not be, or the other way round."""
        if mode is WriteMode.UPSERT:
            return set()
        there = self._store.reader.present(self._row, [one.id for one in good.values()])
        unwanted = mode is WriteMode.INSERT
        return {number for number, one in good.items() if (one.id in there) is unwanted}

    def _encoded(
        self, wanted: Sequence[tuple[int, Checked]], *, keep: bool
    ) -> tuple[dict[int, NewRecord], _Errors]:
        """Records encoded together; parted where one is bad, so that the others are encoded."""
        new: dict[int, NewRecord] = {}
        errors: _Errors = {}
        waiting = deque([wanted] if wanted else [])
        while waiting:
            part = waiting.popleft()
            try:
                records = [one for _, one in part]
                made = encode(records, self._fields, self._beside, self._store.reader, keep=keep)
            except VecstoreError as error:
                if not is_of_a_record(error):
                    raise
                place = error.details.get("position", "0" if len(part) == 1 else None)
                if place is None:  # the encoder does not say which it is
                    half = len(part) // 2
                    waiting.extendleft((part[half:], part[:half]))
                    continue
                number, bad = part[int(place)]
                errors[number] = as_own(error, bad)
                rest = (part[int(place) + 1 :], part[: int(place)])
                waiting.extendleft(one for one in rest if one)
            else:
                new.update(zip((number for number, _ in part), made, strict=True))
        return dict(sorted(new.items())), errors

    def _told_again(self, good: Mapping[int, Checked], mode: WriteMode, request: Once) -> _Errors:
        """The errors of a batch that was done before."""
        refused = self._store.reader.refused_before(self._row, request)
        _, errors = self._encoded([(number, good[number]) for number in refused], keep=True)
        return {number: errors.get(number) or self._unfit(good[number], mode) for number in refused}

    def _unfit(self, one: Checked, mode: WriteMode) -> VecstoreError:
        if mode is WriteMode.UPSERT:  # no id is unfit: an encoder refused it, which has been left
            return InvalidRecord(
                f"record {one.id!r} was refused by the encoder that collection {self.name!r} had "
                "when this batch was written; send it again, with another idempotency key",
                collection=self.name,
                record=one.id,
            )
        if mode is WriteMode.UPDATE:
            return RecordNotFound(
                f"record {one.id!r} is not in collection {self.name!r}, and was not updated; check "
                "its id, or insert it",
                collection=self.name,
                record=one.id,
            )
        return AlreadyExists(
            f"record {one.id!r} is already in collection {self.name!r}, and was not inserted; "
            "choose another id, or use update or upsert",
            collection=self.name,
            record=one.id,
        )


def _own(error: VecstoreError, record: object) -> VecstoreError:
    if not is_of_a_record(error):
        raise error
    return as_own(error, record)


def _ingested(
    collection: Ingesting, records: Iterable[Record], options: Ingestion
) -> Iterator[ItemResult]:
    batches: Batches[Record] = Batches(options.batch_bytes, options.batch_size)
    for record in records:
        size = record_bytes(record) if isinstance(record, Record) else 0
        yield from _patiently(collection, batches.add(record, size), options)
    yield from _patiently(collection, batches.rest(), options)


def _patiently(
    collection: Ingesting, batch: Sequence[Record], options: Ingestion
) -> list[ItemResult]:
    while batch:
        try:
            return collection.ingest_batch(batch, mode=options.mode)
        except Overloaded as error:
            time.sleep(error.retry_after)
    return []
