"""Export: the records of a collection, page by page, into one file."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vecstore.errors import InvalidArgument, InvalidRecord, StorageError
from vecstore.exchange.target import Target, require_synchronous
from vecstore.exchange.writing import CsvWriter, JsonlWriter
from vecstore.files.durable import replacing
from vecstore.files.lines import GZIP
from vecstore.files.rows import known_format
from vecstore.records import CollectionInfo, Record
from vecstore.searches import FilterLike

PAGE = 1000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

# (records written, how many there are)
OnProgress = Callable[[int, int], object]


class Writer(Protocol):
    """Takes records in, in order."""

    def write(self, record: Record) -> None:
        """Take in the next one."""

    def finish(self) -> None:
        """Write what is left; the file is whole then."""


def export_records(
    collection: Target,
    path: str | Path,
    *,
    format: str | None = None,
    include_vectors: bool = False,
    filter: FilterLike | None = None,
    on_progress: OnProgress | None = None,
) -> int:
    """Write records to a file: the form that :func:`import_records` reads.

    The file appears under its name, in place of an older one, when it is whole and on the disk. The
    records come by id, a page at a time, while writes may go on: a record that is there from
    beginning to end is in the file once, and as it was at one moment; one that is written or
    deleted meanwhile may be in it or not.

    Args:
        collection: embedded or remote.
        path: the file.
        format: jsonl (all of a record), csv (texts and payloads without nesting) or parquet (all of
            a record; needs pyarrow, which ``vecstore-server[parquet]`` installs); by the extension
            where left out.
        include_vectors: write vectors too, with their space; not in CSV.
        filter: only records whose payload satisfies it.
        on_progress: called after every page with the records written, and how many there are.

    Returns:
        How many records were written.

    Raises:
        InvalidRecord: one that the format cannot carry, by its id; there is no file then.
        InvalidArgument: an unknown format, or a path that cannot be written to.
        StorageError: the disk is full.
    """
    require_synchronous(collection)
    target = Path(path)
    make = _maker(target, format, include_vectors)
    what = _What(collection.info(), include_vectors, target.suffix.lower() == GZIP)
    total = collection.count(filter)
    done = 0
    with _told(target), replacing(target) as beside, make(beside, what) as writer:
        for records in _pages(collection, filter, include_vectors):
            for record in records:
                _require_whole(record, include_vectors)
                writer.write(record)
            done += len(records)
            if on_progress is not None:
                on_progress(done, max(total, done))
        writer.finish()
    return done


@dataclass(frozen=True, slots=True)
class _What:
    """The collection, whether its vectors are wanted, and whether the file is packed."""

    info: CollectionInfo
    vectors: bool
    packed: bool


_Make = Callable[[Path, _What], AbstractContextManager[Writer]]


def _parquet(path: Path, what: _What) -> AbstractContextManager[Writer]:
    from vecstore.exchange.parquet_writing import ParquetWriter

    return ParquetWriter(path, what.info, vectors=what.vectors)


_WRITERS: Mapping[str, _Make] = {
    "jsonl": lambda path, what: JsonlWriter(path, packed=what.packed),
    "csv": lambda path, what: CsvWriter(path, packed=what.packed),
    "parquet": _parquet,
}


def _maker(path: Path, form: str | None, vectors: bool) -> _Make:
    chosen = form
    if chosen is None:
        chosen = "parquet" if path.suffix.lower() == ".parquet" else known_format(path.name)
    if chosen is None or chosen not in _WRITERS:
        said = f"the extension of {path} does not say" if chosen is None else f"{chosen!r} is not"
        raise InvalidArgument(
            f"{said} a format to export to; use one of {', '.join(_WRITERS)}", field="format"
        )
    if vectors and chosen == "csv":
        raise InvalidArgument(
            "CSV does not carry vectors; export them to jsonl or parquet", field="format"
        )
    if path.is_dir():
        raise InvalidArgument(f"{path} is a folder; name a file", field="path")
    if chosen == "parquet":
        from vecstore.exchange.parquet_needs import pyarrow

        pyarrow()
    return _WRITERS[chosen]


def _pages(
    collection: Target, filter_: FilterLike | None, vectors: bool
) -> Iterator[tuple[Record, ...]]:
    token = ""
    while True:
        page = collection.list(
            page_size=PAGE, page_token=token, filter=filter_, include_vectors=vectors
        )
        yield page.records
        token = page.next_page_token
        if not token:
            return


def _require_whole(record: Record, vectors: bool) -> None:
    """Raise InvalidRecord where there would be nothing to find it by."""
    if record.field_values():
        return
    if vectors:
        raise InvalidRecord(
            f"record {record.id!r} has neither a vector nor an input, since it was left out of the "
            "space that its field moved to, so it could not be imported; write it again, delete "
            "it, or leave it out by a filter (--filter)",
            record=record.id,
        )
    raise InvalidRecord(
        f"record {record.id!r} holds a vector and no input, so without its vector it could not "
        "be imported; export with vectors (--vectors), to jsonl or parquet",
        record=record.id,
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """The disk's answers, told."""
    try:
        yield
    except OSError as error:
        said = f"{path} cannot be written: {error.strerror or error}"
        if error.errno in _FULL:
            raise StorageError(f"{said}; make room, and export again: no half file stays") from None
        raise InvalidArgument(f"{said}; name another file", field="path") from None
