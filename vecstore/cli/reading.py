"""What ``vecstore add`` was told to read, opened: a file of rows, or a folder of images."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vecstore.cli.columns import Columns, check_names
from vecstore.cli.feeds import Feed, Images, Rows
from vecstore.errors import InvalidArgument
from vecstore.files.images import EXTENSIONS, image_files
from vecstore.files.lines import open_source
from vecstore.files.rows import format_of, known_format

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """Something opened.

    Args:
        name: how messages call it.
        feed: what is in it.
        total: how much that is; None where nobody knows.
        rows: the rows of a file.
        unusable: images of kinds that are not read.
    """

    name: str
    feed: Feed
    total: int | None
    rows: Rows | None = None
    unusable: tuple[str, ...] = ()

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


@contextmanager
def opened_file(name: str, form: str | None, columns: Columns) -> Iterator[Reading]:
    """A file of rows, ``-`` for standard input.

    Raises:
        InvalidArgument: it cannot be opened, its format is not known, or one column is to be two
            things.
    """
    if form is None:
        _require_rows(name)
    chosen = format_of(name, form)
    check_names(columns)
    with open_source(name) as source:
        rows = Rows(source, chosen, columns)
        yield Reading(source.name, rows.items, source.size, rows)


def opened_folder(name: str, key: str | None) -> Reading:
    """A folder of images.

    Args:
        name: the folder.
        key: of the payload, which gets the first folder below; None for no payload.

    Raises:
        InvalidArgument: it cannot be read, or holds no image.
    """
    files = image_files(name)
    return Reading(name, Images(files, key).items, len(files.names), unusable=files.unusable)


def _require_rows(name: str) -> None:
    """Raise InvalidArgument where the extension would be asked, and another answer helps more."""
    if Path(name).suffix.lower() in EXTENSIONS:
        raise InvalidArgument(
            f"{name} is one image, and images are added from a folder, or from a file of rows that "
            "name them (--image-column); give one of these",
            field="file",
        )
    if name != "-" and known_format(name) is None and not os.path.lexists(name):
        raise InvalidArgument(
            f"there is no file or folder {name}; mend the path, or give - for standard input",
            field="file",
        )


def require_fitting(name: str, is_folder: bool, given: Collection[str]) -> None:
    """Refuse options that say nothing of what is read.

    Args:
        name: what is read.
        is_folder: whether it is a folder of images.
        given: the parameters of the other kind that were given, such as ``image_column``.

    Raises:
        InvalidArgument: there is one.
    """
    for parameter in given:
        option = f"--{parameter.replace('_', '-')}"
        kind, other = ("a folder of images", "files") if is_folder else ("a file", "folders")
        raise InvalidArgument(
            f"{option} belongs to {other}, and {name} is {kind}; leave it out", field=parameter
        )
