"""Import: whatever a reader gives goes into a collection, each bad thing named by its place."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.exchange.columns import Columns
from vecstore.exchange.feeds import Bad, Good, Item, Place
from vecstore.exchange.fitting import require_space
from vecstore.exchange.reading import How, Reading, opened
from vecstore.exchange.target import Target, require_synchronous
from vecstore.ingesting import BATCH_BYTES, PATIENCE, Ingestion, ingestion, is_of_a_record
from vecstore.records import Record, WriteMode
from vecstore.spaces import Space

# Errors that a summary keeps; and items that are looked through for a first vector.
KEPT = 10
_LOOKED_THROUGH = 1000
# Records of a batch, where nobody asked for fewer; the collection knows its own limit.
_ANY = 2**31


class OnError(StrEnum):
    """What becomes of a bad row or image."""

    STOP = "stop"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What came of an import.

    Args:
        stored: records that are durable.
        skipped: bad ones that were passed over.
        first_skipped: the errors of the first ten of these, each with its place.
        unusable: images of kinds that are not read.
        notes: what else is worth a word.
    """

    stored: int
    skipped: int = 0
    first_skipped: tuple[VecstoreError, ...] = ()
    unusable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


# (records stored, how much of the whole is done)
OnProgress = Callable[[int, int], object]
OnSkipped = Callable[[VecstoreError], object]
OnOpened = Callable[[Reading], OnProgress]


def import_records(
    collection: Target,
    path: str | Path,
    *,
    format: str | None = None,
    mode: str | WriteMode = WriteMode.UPSERT,
    on_error: str | OnError = OnError.STOP,
    columns: Columns | None = None,
    folder_key: str | None = None,
    batch_bytes: int = BATCH_BYTES,
    batch_size: int | None = None,
    patience: float = PATIENCE,
    on_skipped: OnSkipped | None = None,
    on_opened: OnOpened | None = None,
) -> ImportSummary:
    """Read records from a file, or images from a folder, into a collection.

    An import can be repeated: upserts of what did not change encode nothing.

    Args:
        collection: embedded or remote.
        path: what :func:`export_records` wrote; JSON lines, CSV or Parquet of others; a folder of
            PNG, JPEG and WebP files, whose ids are their paths in it. ``-`` is standard input.
        format: jsonl, csv, tsv, parquet or images; by the path where left out.
        mode: see ``Collection.ingest``. Of equal ids in one file, an upsert leaves the last one; an
            insert refuses all but the first.
        on_error: stop at the first bad row or image, or skip (pass over) such.
        columns: which column becomes what; ids in "id", texts in "text" and all the rest payload
            where left out.
        folder_key: of the payload, which gets the first folder that an image is in.
        batch_bytes, batch_size, patience: see ``Collection.ingest``.
        on_skipped: called with each of the first ten errors that were passed over.
        on_opened: called with what was opened; what it returns is called as records become durable,
            with their number and how much of the whole is done.

    Raises:
        SpaceMismatch: the file's vectors are of another space; the message shows both. Nothing was
            written.
        SpaceRetired: the same, of a space that the collection has left: for which one, and when.
        SpaceRequired, InvalidVector: vectors without a space, or of another width; nothing was
            written where the format says so beforehand.
        VecstoreError: the first bad row or image, by its place, or what none is to blame for;
            ``details["stored"]`` says how many records before it are stored.
    """
    require_synchronous(collection)
    options = ingestion(mode, batch_bytes, batch_size, patience, _ANY)
    how = How(columns or Columns(), folder_key)
    with opened(str(path), format, how) as reading:
        run = _Run(reading, _on_error(on_error), options, on_skipped)
        run.require_spaces(collection)
        if on_opened is not None:
            run.on_progress = on_opened(reading)
        run.through(collection)
        return ImportSummary(
            run.stored,
            run.skipped,
            tuple(run.first_skipped),
            reading.unusable,
            tuple(reading.notes()),
        )


@dataclass(slots=True)
class _Run:
    """One import.

    Attributes:
        sent: places of what was given out and is not answered, oldest first.
        ended: why nothing more can be read.
        failure: of the first record that was refused, and is not to be passed over.
        stored, after: records that are durable; the second ones come after the failure.
    """

    reading: Reading
    on_error: OnError
    options: Ingestion
    on_skipped: OnSkipped | None
    on_progress: OnProgress | None = None
    items: Iterator[Item] = field(init=False)
    sent: deque[Place] = field(default_factory=deque)
    ended: VecstoreError | None = None
    failure: VecstoreError | None = None
    stored: int = 0
    after: int = 0
    skipped: int = 0
    first_skipped: list[VecstoreError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.items = self.reading.feed(self.on_error is OnError.SKIP)

    def require_spaces(self, collection: Target) -> None:
        """Raise where the vectors are not the collection's, before anything is written."""
        for name, given in self.reading.spaces.items():
            require_space(collection, name, given, self.reading.name)
        if self.on_error is OnError.SKIP:
            return
        looked: list[Item] = []
        # Of a stream nobody knows when the next one comes.
        most = 1 if self.reading.total is None else _LOOKED_THROUGH
        for item in itertools.islice(self._items(), most):
            looked.append(item)
            found = _spaces(item)
            if isinstance(item, Good):
                _require_item(collection, found, item.place)
            if found or isinstance(item, Bad):
                break
        self.items = itertools.chain(looked, self.items)

    def through(self, collection: Target) -> None:
        """Ingest all that is good.

        Raises:
            VecstoreError: the failure, saying what came of the run.
        """
        results = collection.ingest(
            self._records(),
            mode=self.options.mode,
            batch_bytes=self.options.batch_bytes,
            batch_size=self.options.batch_size,
            patience=self.options.patience,
        )
        try:
            for item in results:
                place = self.sent.popleft()
                if item.error is None:
                    self._stored(place)
                else:
                    self._refused(place.blamed(_known(item.error), item.id))
        except VecstoreError as error:
            self.failure = self.failure or (self.sent[0].blamed(error) if self.sent else error)
        failure = self.failure or self.ended
        if failure is not None:
            raise self._counted(failure)
        if self.skipped and not self.stored:
            first = self.first_skipped[0]
            raise type(first)(
                f"none of {self.skipped:,} could be stored; the first: {first.message}",
                **{**first.details, "stored": 0},
            )

    def _items(self) -> Iterator[Item]:
        """The items; what ends them early is kept."""
        try:
            for item in self.items:  # noqa: UP028 - they go on where this is given up
                yield item
        except VecstoreError as error:
            self.ended = error

    def _records(self) -> Iterator[Record]:
        for item in self._items():
            if isinstance(item, Good):
                self.sent.append(item.place)
                yield item.record
            elif self.on_error is OnError.SKIP:
                self._skip(item.error)
            else:
                self.ended = item.error
                return
            if self.failure is not None:
                return

    def _stored(self, place: Place) -> None:
        if self.failure is None:
            self.stored += 1
        else:
            self.after += 1
        if self.on_progress is not None:
            self.on_progress(self.stored + self.after, place.done)

    def _refused(self, error: VecstoreError) -> None:
        # Where the encoder does not read such inputs at all, the next one would fare no better.
        if self.on_error is OnError.SKIP and "reads" not in error.details:
            self._skip(error)
        else:
            self.failure = self.failure or error

    def _skip(self, error: VecstoreError) -> None:
        self.skipped += 1
        if len(self.first_skipped) < KEPT:
            self.first_skipped.append(error)
            if self.on_skipped is not None:
                self.on_skipped(error)

    def _counted(self, error: VecstoreError) -> VecstoreError:
        """The error that ends a run, saying what came of the run, and what would help."""
        said = f"{self.stored:,} records before it are stored"
        if self.after:
            said += f", and {self.after:,} after it"
        if self.stored and self.options.mode is WriteMode.UPSERT:
            said += "; the same command stores the rest, and encodes nothing twice"
        elif self.stored and self.options.mode is WriteMode.INSERT:
            said += "; with the mode upsert the same command stores the rest"
        if is_of_a_record(error) and "reads" not in error.details:
            said += "; --on-error skip passes over what is bad"
        details: dict[str, object] = {**error.details, "stored": self.stored}
        return type(error)(f"{error.message} ({said})", **details)


def _on_error(value: str | OnError) -> OnError:
    try:
        return OnError(value)
    except ValueError:
        raise InvalidArgument(
            f"on_error is {value!r}; use stop or skip", field="on_error"
        ) from None


def _known(error: Exception) -> VecstoreError:
    return error if isinstance(error, VecstoreError) else VecstoreError(str(error))


def _spaces(item: Item) -> dict[str, Space]:
    """Where the vectors of a record live, by field."""
    if isinstance(item, Bad):
        return {}
    values = item.record.field_values().items()
    return {name: value.vector.space for name, value in values if value.vector is not None}


def _require_item(collection: Target, found: Mapping[str, Space], place: Place) -> None:
    for name, given in found.items():
        try:
            require_space(collection, name, given, place.name)
        except VecstoreError as error:
            raise type(error)(error.message, **{**place.details, **error.details}) from None
