"""What is to be imported, opened: by readers with names, so that more of them can stand beside."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from vecstore.errors import InvalidArgument
from vecstore.exchange.columns import Columns, check_names
from vecstore.exchange.feeds import Feed, Images, Rows
from vecstore.files.images import EXTENSIONS, image_files
from vecstore.files.lines import open_source
from vecstore.files.rows import known_format
from vecstore.spaces import Space

PARQUET, IMAGES = "parquet", "images"
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """Something opened.

    Args:
        name: how messages call it.
        feed: what is in it.
        total: how much that is; None where nobody knows.
        unit: of that: bytes, rows or images.
        rows: the rows of a file.
        unusable: images of kinds that are not read.
        spaces: by vector field, where all vectors of the file live, as far as it says so.
    """

    name: str
    feed: Feed
    total: int | None
    unit: str = "bytes"
    rows: Rows | None = None
    unusable: tuple[str, ...] = ()
    spaces: Mapping[str, Space] = field(default_factory=dict)

    def notes(self) -> Iterator[str]:
        """What is worth a word when all is read."""
        if self.rows is not None:
            payload = self.rows.columns.payload or ()
            for name in sorted(self.rows.unseen):
                option = "--payload-columns" if name in payload else "--categories-columns"
                yield f"no row has the column {name!r}, which {option} names"
        if self.unusable:
            count, shown = len(self.unusable), ", ".join(self.unusable[:_SHOWN])
            what = "image of a kind that is" if count == 1 else "images of kinds that are"
            more = ", ..." if count > _SHOWN else ""
            yield (
                f"{self.name} has {count:,} {what} not read ({shown}{more}); convert to PNG, JPEG "
                "or WebP"
            )


@dataclass(frozen=True, slots=True)
class How:
    """How something is read.

    Args:
        columns: which column becomes what.
        folder_key: of the payload, which gets the first folder that an image is in; None for none.
    """

    columns: Columns = field(default_factory=Columns)
    folder_key: str | None = None


Reader = Callable[[str, How], AbstractContextManager[Reading]]


def opened(name: str, form: str | None, how: How) -> AbstractContextManager[Reading]:
    """A file or folder, opened by the reader that is named, or that its kind asks for.

    Args:
        name: a path; ``-`` for standard input.
        form: a name of :data:`READERS`; None to go by the path.
        how: see there.

    Raises:
        InvalidArgument: there is no such reader, or it is not known which one to take.
    """
    chosen = form_of(name, form)
    reader = READERS.get(chosen)
    if reader is None:
        raise InvalidArgument(
            f"the format {chosen!r} is not read; there are: {', '.join(READERS)}", field="format"
        )
    return reader(name, how)


def form_of(name: str, form: str | None) -> str:
    """The format of a path: as chosen, or as the path says.

    Raises:
        InvalidArgument: neither says anything.
    """
    if form is not None:
        return form
    path = Path(name)
    if name == "-":
        return "jsonl"
    if path.is_dir():
        return IMAGES
    if path.suffix.lower() == f".{PARQUET}":
        return PARQUET
    found = known_format(name)
    if found is not None:
        return found
    if path.suffix.lower() in EXTENSIONS:
        raise InvalidArgument(
            f"{name} is one image, and images are added from a folder, or from a file of rows that "
            "name them (--image-column); give one of these",
            field="file",
        )
    if not os.path.lexists(name):
        raise InvalidArgument(
            f"there is no file or folder {name}; mend the path, or give - for standard input",
            field="file",
        )
    raise InvalidArgument(
        f"the extension of {name} does not say what it holds; say --format jsonl or --format csv",
        field="format",
    )


def _rows(form: str) -> Reader:
    """The reader of files of rows in one format."""

    @contextmanager
    def open_rows(name: str, how: How) -> Iterator[Reading]:
        columns = how.columns
        if columns.images is None:
            columns = replace(columns, images=Path("." if name == "-" else Path(name).parent))
        check_names(columns)
        with open_source(name) as source:
            rows = Rows(source, form, columns)
            yield Reading(source.name, rows.items, source.size, rows=rows)

    return open_rows


@contextmanager
def _images(name: str, how: How) -> Iterator[Reading]:
    """A folder of images."""
    files = image_files(name)
    feed = Images(files, how.folder_key).items
    yield Reading(name, feed, len(files.names), "images", unusable=files.unusable)


def _parquet(name: str, how: How) -> AbstractContextManager[Reading]:
    from vecstore.exchange.parquet_reading import opened_parquet

    return opened_parquet(name, how)


READERS: Mapping[str, Reader] = {
    **{form: _rows(form) for form in ("jsonl", "csv", "tsv")},
    PARQUET: _parquet,
    IMAGES: _images,
}
"""By name: (a path, how) -> what is in it. A reader of another store's files goes here."""
