"""Writing whole records to a collection, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from vecstore.changes import checked_mode, checked_versions
from vecstore.collection.base import Base
from vecstore.collection.once import Part, of_records, once
from vecstore.errors import SpaceMismatch, VecstoreError
from vecstore.intake import Checked, check, encode, require_distinct
from vecstore.records import ItemResult, Record, WriteMode, refused
from vecstore.storage.conditions import ALWAYS, Condition
from vecstore.storage.idempotency import Once, written
from vecstore.storage.upserts import KeptVectorGone, upsert
from vecstore.storage.writes import Written


class Writing(Base):
    """The methods that write whole records."""

    def insert(self, records: Iterable[Record], *, idempotency_key: str | None = None) -> int:
        """Write records that are not there yet: all of them or, on any error, none.

        Args:
            records: new ones.
            idempotency_key: see :meth:`upsert`.

        Returns:
            How many records were given.

        Raises:
            AlreadyExists: some are there; up to 10 of them are named.
            InvalidRecord: one id is given twice.
            VecstoreError: as :meth:`upsert`.
        """
        return self._write(records, WriteMode.INSERT, None, idempotency_key)

    def update(
        self,
        records: Iterable[Record],
        *,
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """Replace records that are there, whole: all of them or, on any error, none.

        Args:
            records: as they are to be from now on.
            if_versions, idempotency_key: see :meth:`upsert`.

        Returns:
            How many records were given.

        Raises:
            RecordNotFound: some are not there; up to 10 of them are named.
            VecstoreError: as :meth:`upsert`.
        """
        return self._write(records, WriteMode.UPDATE, if_versions, idempotency_key)

    def upsert(
        self,
        records: Iterable[Record],
        *,
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """Insert or replace records: all of them or, on any error, none.

        They are durable, and found by searches, when this returns. A record whose input is
        unchanged keeps its vector, and is not encoded again; it gets a new version all the same.
        The last of equal ids stays.

        Args:
            records: as they are to be from now on.
            if_versions: by id, the version that a record must have for anything to be written, as
                ``Record.version`` says it; 0 for a record that must not be there.
            idempotency_key: 1 to 256 characters. The same call with the same key, within 24 hours,
                does nothing and returns the same: so it may be sent again when no answer came.

        Returns:
            How many records were given.

        Raises:
            InvalidRecord, InvalidInput, InvalidVector, SpaceRequired: a record is malformed.
            SpaceMismatch, SpaceUnknown: a vector of another space.
            ModelDrift: the encoder is not the one registered.
            VersionConflict: a record is not of the version expected.
            InvalidArgument: the key was used for another call.
            Overloaded: the index cannot follow; try again.
        """
        return self._write(records, WriteMode.UPSERT, if_versions, idempotency_key)

    def upsert_stream(self, batches: Iterable[Sequence[Record]]) -> Iterator[list[ItemResult]]:
        """Upsert batch after batch, each all or nothing; a bad one does not stop the others.

        Yields:
            For each batch the results of its records, in order: without an error where they are
            durable. Where one record was to blame, its neighbours say that nothing of the batch
            was written.
        """
        for batch in batches:
            yield self.upsert_batch(list(batch))

    def upsert_batch(
        self,
        batch: Sequence[Record],
        *,
        mode: str | WriteMode = WriteMode.UPSERT,
        idempotency_key: str | None = None,
    ) -> list[ItemResult]:
        """One batch of :meth:`upsert_stream`.

        Args:
            batch: records.
            mode: upsert, insert or update.
            idempotency_key: see :meth:`upsert`.
        """
        expected = checked_mode(mode)
        try:
            self._write(batch, expected, None, idempotency_key)
        except VecstoreError as error:
            return refused([_id(record) for record in batch], error)
        return [ItemResult(_id(record)) for record in batch]

    def _write(
        self,
        records: Iterable[Record],
        mode: WriteMode,
        if_versions: Mapping[str, int] | None,
        key: str | None,
    ) -> int:
        records = list(records)
        try:
            checked = check(records, self._fields, self._store.settings)
        except SpaceMismatch:
            before = self._done_in_another_space(records, mode, if_versions, key)
            if before is None:
                raise
            return before
        if mode is WriteMode.INSERT:
            require_distinct(checked)
        ids = [one.id for one in checked]
        condition = Condition(mode, checked_versions(if_versions, ids))
        request = self._once(key, lambda: of_records(mode, checked, condition.versions))
        before = self._done_before(ids, condition, request)
        if before is not None:
            return before
        if not checked and request is None:
            return 0
        for field in (*self._fields.values(), *self._beside):
            field.index.wait_for_room(self._store.settings.tail_wait_seconds)
        try:
            return self._encode_and_commit(checked, condition, request, keep=True)
        except KeptVectorGone:
            return self._encode_and_commit(checked, condition, request, keep=False)

    def _done_in_another_space(
        self,
        records: Sequence[Record],
        mode: WriteMode,
        if_versions: Mapping[str, int] | None,
        key: str | None,
    ) -> int | None:
        """The answer to a request that was done when a field lived in its vectors' space."""
        if key is None:
            return None
        try:
            checked = check(records, self._fields, self._store.settings, moved=True)
            condition = Condition(mode, checked_versions(if_versions, [one.id for one in checked]))
            request = self._once(key, lambda: of_records(mode, checked, condition.versions))
            return self._done_before((), ALWAYS, request)
        except VecstoreError:
            return None  # what is wrong with it is known already

    def _encode_and_commit(
        self,
        checked: Sequence[Checked],
        condition: Condition,
        request: Once | None,
        *,
        keep: bool,
    ) -> int:
        new = encode(checked, self._fields, self._beside, self._store.reader, keep=keep)
        return self._commit(
            lambda connection: upsert(connection, self._row, new, condition), request
        )

    def _once(self, key: str | None, parts: Callable[[], Iterable[Part]]) -> Once | None:
        if key is None:
            return None
        return once(key, self._store.settings.idempotency_seconds, parts())

    def _done_before(
        self, ids: Sequence[str], condition: Condition, request: Once | None
    ) -> int | None:
        """The answer to a request that was done before.

        Whatever can be refused is refused here already, before anything is encoded.
        """
        if request is None and condition.always:
            return None
        self._store.require(self._row)
        return self._store.reader.foreseen(self._row, ids, condition, request)

    def _commit(self, write: Callable[[Connection], Written], request: Once | None) -> int:
        """Write in the writer's transaction, and let the indexes follow."""
        row = self._row
        return self._store.write(
            lambda connection: written(connection, row, request, lambda: write(connection)),
            lambda result: self._store.follow(row, result),
        ).count


def _id(record: object) -> str:
    return str(getattr(record, "id", ""))
