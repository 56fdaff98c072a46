"""Writing to a collection: records, payloads, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vecstore.collection.base import Base
from vecstore.errors import VecstoreError
from vecstore.intake import check, encode
from vecstore.records import ItemResult, Record, refused
from vecstore.storage.writes import KeptVectorGone, delete_records, upsert


class Writing(Base):
    """The methods that change records."""

    def upsert(self, records: Iterable[Record]) -> int:
        """Insert or replace records: all of them or, on any error, none.

        They are durable, and found by searches, when this returns. A record whose input is
        unchanged keeps its vector, and is not encoded again. The last of equal ids stays.

        Returns:
            How many records were given.

        Raises:
            InvalidRecord, InvalidInput, InvalidVector, SpaceRequired: a record is malformed.
            SpaceMismatch, SpaceUnknown: a vector of another space.
            ModelDrift: the encoder is not the one registered.
            Overloaded: the index cannot follow; try again.
        """
        checked = check(list(records), self._fields, self._store.settings)
        if not checked:
            return 0
        for field in self._fields.values():
            field.index.wait_for_room(self._store.settings.tail_wait_seconds)
        row, reader = self._row, self._store.reader
        for keep in (True, False):
            new = encode(checked, self._fields, reader, keep=keep)
            try:
                self._store.write(
                    lambda connection, new=new: upsert(connection, row, new),  # type: ignore[misc]
                    lambda changes: self._store.owner.follow(row, changes),
                )
                break
            except KeptVectorGone:  # never raised where nothing was kept
                continue
        return len(checked)

    def upsert_stream(self, batches: Iterable[Sequence[Record]]) -> Iterator[list[ItemResult]]:
        """Upsert batch after batch, each all or nothing; a bad one does not stop the others.

        Yields:
            For each batch the results of its records, in order: without an error where they are
            durable. Where one record was to blame, its neighbours say that nothing of the batch
            was written.
        """
        for batch in batches:
            yield self.upsert_batch(list(batch))

    def upsert_batch(self, batch: Sequence[Record]) -> list[ItemResult]:
        """One batch of :meth:`upsert_stream`."""
        try:
            self.upsert(batch)
        except VecstoreError as error:
            return refused([_id(record) for record in batch], error)
        return [ItemResult(_id(record)) for record in batch]

    def delete(self, ids: Iterable[str]) -> int:
        """Delete records; ids that are not there are passed over.

        Returns:
            How many were there.
        """
        wanted = self._ids(ids)
        if not wanted:
            return 0
        row = self._row
        for field in row.fields:
            self._store.index(row, field)
        count, _ = self._store.write(
            lambda connection: delete_records(connection, row, wanted),
            lambda result: self._store.owner.follow(row, result[1]),
        )
        return count


def _id(record: object) -> str:
    return str(getattr(record, "id", ""))
