"""Feed the rows of a file to a collection, batch by batch.

Everything before the first bad row is stored when that row is reported, so that a run can be
repeated after mending the file: upserts are idempotent, and unchanged inputs are not encoded again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vecstore.cli.columns import Columns, at_line
from vecstore.errors import VecstoreError
from vecstore.files.lines import Source
from vecstore.files.rows import Row, read_rows

if TYPE_CHECKING:
    from vecstore.client import RemoteCollection
    from vecstore.collection import Collection
    from vecstore.records import ItemResult, Record

# Well under the largest message that a server takes.
MAX_BATCH_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Batch:
    """Records sent together, and the rows that they came from."""

    rows: list[Row] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Feed:
    """The batches of a file; remembers those under way and what ended it.

    Args:
        source: the file.
        form: its format.
        columns: which column becomes what.
        batch_size: records of one batch.

    Attributes:
        sent: batches given out and not yet answered, oldest first.
        error: what is wrong with the first bad row, once it was met.
        stopped: set to end the feed early.
        unseen: columns of payload and categories that no row has had.
    """

    source: Source
    form: str
    columns: Columns
    batch_size: int
    sent: deque[Batch] = field(default_factory=deque)
    error: VecstoreError | None = None
    stopped: bool = False
    unseen: set[str] = field(default_factory=set)

    def batches(self) -> Iterator[Sequence[Record]]:
        """Give out the batches; a bad row ends them, after the batch that ends before it."""
        self.unseen = {*(self.columns.payload or ()), *(self.columns.categories or ())}
        for batch in self._grouped():
            self.sent.append(batch)
            yield batch.records
            if self.stopped:
                return

    def _grouped(self) -> Iterator[Batch]:
        batch, began = Batch(), 0
        for row, record in self._records():
            batch.rows.append(row)
            batch.records.append(record)
            if len(batch.rows) >= self.batch_size or row.end - began >= MAX_BATCH_BYTES:
                yield batch
                batch, began = Batch(), row.end
        if batch.rows:
            yield batch

    def _records(self) -> Iterator[tuple[Row, Record]]:
        rows = read_rows(self.source, self.form)
        while True:
            try:
                row = next(rows, None)
            except VecstoreError as error:
                self.error = error
                return
            if row is None:
                return
            try:
                record = self.columns.record(row)
            except VecstoreError as error:
                self.error = at_line(error, row, self.source.name)
                return
            self.unseen.difference_update(row.values)
            yield row, record


def add_rows(
    collection: Collection | RemoteCollection,
    feed: Feed,
    on_progress: Callable[[int, int], None],
) -> int:
    """Upsert every row of a file.

    Args:
        collection: where they go.
        feed: where they come from.
        on_progress: called with the records stored and the bytes of the file done so far.

    Returns:
        How many records were stored.

    Raises:
        VecstoreError: the first row that could not be stored, named by its line; the rows before
            it are stored, and ``details["stored"]`` says how many records that were.
    """
    stored = 0
    failure: VecstoreError | None = None
    try:
        for results in collection.upsert_stream(feed.batches()):
            batch = feed.sent.popleft()
            if failure is not None:
                continue  # under way already when the bad row was met
            culprit = _culprit(results)
            if culprit is None:
                stored += len(batch.rows)
                on_progress(stored, batch.rows[-1].end)
            else:
                feed.stopped = True
                position, failure = culprit
                failure = at_line(failure, batch.rows[position], feed.source.name)
                stored += _upsert_before(collection, batch, position)
    except VecstoreError as error:
        failure = failure or _lost(error, feed)
    failure = failure or feed.error
    if failure is not None:
        raise _with_count(failure, stored)
    return stored


def _culprit(results: Sequence[ItemResult]) -> tuple[int, VecstoreError] | None:
    """The first item that is itself to blame, and its error; None where the batch is stored."""
    failed = [(position, item.error) for position, item in enumerate(results) if item.error]
    to_blame = [pair for pair in failed if not _only_a_neighbour(pair[1])] or failed
    if not to_blame:
        return None
    position, error = to_blame[0]
    return position, error if isinstance(error, VecstoreError) else VecstoreError(str(error))


def _only_a_neighbour(error: Exception) -> bool:
    return isinstance(error, VecstoreError) and "aborted" in error.details


def _upsert_before(collection: Collection | RemoteCollection, batch: Batch, position: int) -> int:
    """Store the rows of a refused batch that come before the one to blame."""
    return collection.upsert(batch.records[:position]) if position else 0


def _lost(error: VecstoreError, feed: Feed) -> VecstoreError:
    """An error of the whole stream; the first batch without an answer says how far it got."""
    return at_line(error, feed.sent[0].rows[0], feed.source.name) if feed.sent else error


def _with_count(error: VecstoreError, stored: int) -> VecstoreError:
    details: dict[str, object] = {**error.details, "stored": stored}
    return type(error)(
        f"{error.message} ({stored:,} records before it are stored; the same command "
        "stores the rest, and encodes nothing twice)",
        **details,
    )
