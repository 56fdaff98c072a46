"""Records that are to be moved, read ahead of the encoder, and put in batches by length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, func, select

from vecstore.storage import tables
from vecstore.storage.catalog import FieldRow
from vecstore.storage.faults import told
from vecstore.storage.kept_ids import both
from vecstore.storage.staging import Unmoved, unmoved

# So many records that batches of nearly one length can be made of them; fewer where they are long.
_MOST, _FIRST = 4096, 256
_BYTES = 32 << 20
_GROWTH = 4


class Pages:
    """Pages of records of one space that are not in another one, by id.

    Used in a ``with`` block; while a page is worked on, the next one is read.

    Args:
        engine: the database.
        left: the field in the space that the records are in.
        other: the same in the space that is filled.
    """

    def __init__(self, engine: Engine, left: FieldRow, other: FieldRow) -> None:
        self._engine, self._left, self._other = engine, left, other
        self._size = _FIRST
        self._reading = ThreadPoolExecutor(1, "vecstore-reembedding-reader")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._reading.shutdown(cancel_futures=True)

    def after(self, reached: str) -> Iterator[list[Unmoved]]:
        """Pages of what is beyond an id, up to the last record that is there now.

        Those that are written later are written to both spaces.
        """
        last = self._last()
        page = self._read(reached)
        while page := [one for one in page if one.id <= last]:
            ahead: Future[list[Unmoved]] = self._reading.submit(self._read, page[-1].id)
            yield page
            page = ahead.result()

    def _read(self, after: str) -> list[Unmoved]:
        with told("reading records to be moved"), self._engine.connect() as connection:
            page = unmoved(connection, self._left, self._other, after, self._size)
        mean = sum(map(length, page)) // max(1, len(page))
        fitting = _BYTES // max(1, mean)
        self._size = max(1, min(_MOST, fitting, _GROWTH * self._size))
        return page

    def _last(self) -> str:
        keys = tables.entries.c
        statement = select(func.max(keys.record_id)).where(keys.field_id.in_(both(self._left)))
        with told("reading records to be moved"), self._engine.connect() as connection:
            return connection.execute(statement).scalar() or ""


def batches(page: Sequence[Unmoved], size: Callable[[], int]) -> Iterator[list[Unmoved]]:
    """A page in batches, the longest inputs first, so that an encoder has little to fill up.

    Args:
        page: records.
        size: how many the next batch is to have.
    """
    rest = sorted(page, key=length)
    while rest:
        start = max(0, len(rest) - size())
        yield rest[start:][::-1]
        del rest[start:]


def length(one: Unmoved) -> int:
    """How much there is to encode: characters, or bytes of an image."""
    return sum(len(given) for given in (one.text, one.image, one.categories) if given is not None)
