"""Ingestion of a stream of records: what is sent together, and whose fault an error is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from vecstore.errors import (
    AlreadyExists,
    InvalidArgument,
    InvalidRecord,
    RecordNotFound,
    SpaceMismatch,
    SpaceUnknown,
    VecstoreError,
    VersionConflict,
)
from vecstore.records import WriteMode

T = TypeVar("T")

BATCH_BYTES = 1 << 20
PATIENCE = 60.0

# Errors that one record is to blame for; every other one would meet the next record as well.
_OF_A_RECORD = (
    InvalidArgument,
    SpaceMismatch,
    SpaceUnknown,
    AlreadyExists,
    RecordNotFound,
    VersionConflict,
)


@dataclass(frozen=True, slots=True)
class Ingestion:
    """How records are ingested.

    Args:
        mode: what is expected of their ids.
        batch_bytes: of one batch; a record that has more goes alone.
        batch_size: records of one batch at most.
        patience: seconds that a server may be away.
    """

    mode: WriteMode
    batch_bytes: int
    batch_size: int
    patience: float


def ingestion(
    mode: object, batch_bytes: object, batch_size: object, patience: object, most: int
) -> Ingestion:
    """Checked options of an ingestion.

    Args:
        mode, batch_bytes, patience: see :class:`Ingestion`.
        batch_size: None for ``most``.
        most: records that one batch may have.

    Raises:
        InvalidArgument: one of them makes no sense.
    """
    try:
        chosen = WriteMode(mode)  # type: ignore[arg-type]
    except ValueError:
        raise InvalidArgument(
            f"the mode {mode!r} is not known; use upsert, insert or update", field="mode"
        ) from None
    size = most if batch_size is None else min(_positive(batch_size, "batch_size"), most)
    number = isinstance(patience, int | float) and not isinstance(patience, bool)
    if not number or not 0 <= patience < float("inf"):  # type: ignore[operator]
        raise InvalidArgument(
            f"patience is {patience!r}; give the seconds that a server may be away, 0 or more",
            field="patience",
        )
    return Ingestion(chosen, _positive(batch_bytes, "batch_bytes"), size, float(patience))  # type: ignore[arg-type]


class Batches(Generic[T]):
    """Puts items together, by bytes and by number.

    Args:
        most_bytes: of one batch; an item that has more is a batch of its own.
        most: items of one batch.
    """

    def __init__(self, most_bytes: int, most: int) -> None:
        self._most_bytes, self._most = most_bytes, most
        self._items: list[T] = []
        self._bytes = 0

    def add(self, item: T, size: int) -> list[T]:
        """Take in an item of ``size`` bytes.

        Returns:
            The batch before it, where that has no room for it; empty where it has.
        """
        full = self._bytes + size > self._most_bytes or len(self._items) >= self._most
        done = self.rest() if full else []
        self._items.append(item)
        self._bytes += size
        return done

    def rest(self) -> list[T]:
        """What is left, as a batch; empty where nothing is."""
        done, self._items, self._bytes = self._items, [], 0
        return done


def is_of_a_record(error: Exception) -> bool:
    """Whether an error is one record's own, so that the others may do better."""
    return isinstance(error, _OF_A_RECORD)


def no_record(value: object) -> InvalidRecord:
    """The error of what is given in place of a record."""
    return InvalidRecord(
        f"a {type(value).__name__} is no record; give vecstore.Record objects", field="records"
    )


def as_own(error: VecstoreError, record: object) -> VecstoreError:
    """The error of a record of a batch, as its own: its number there says nothing to the caller."""
    details: dict[str, object] = dict(error.details)
    position = details.pop("position", None)
    if position is None:
        return error
    called = f"record {getattr(record, 'id', '')!r}"
    message = error.message.replace(f"{called} (number {position})", called, 1)
    return type(error)(message, **details)


def _positive(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidArgument(
            f"{field} is {value!r}; give a whole number of 1 or more", field=field
        )
    return value
