"""Images one after the other, with the label or the text of each, from whatever has them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.files.folders import files_below
from vecstore.files.images import EXTENSIONS, OTHER_KINDS
from vecstore.inputs import shorten
from vecstore.training.data.columns import DataColumns
from vecstore.training.data.image_cells import Cell, CellReader, Raw
from vecstore.training.data.rows import (
    THE_DATA,
    Origin,
    Rows,
    as_path,
    column_rows,
    file_rows,
    first_of,
    mapping_rows,
    rows_form,
)

_PAIR = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """An image that is to be read, with what goes with it.

    Args:
        name: what messages call it.
        read: gives its bytes; raises InvalidInput where it, or what goes with it, cannot be used.
        word: its label or text; empty where there is none.
        path: of its file; None where it has none.
    """

    name: str
    read: Callable[[], Raw]
    word: str = ""
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """The images of some data, in its order.

    Args:
        name: of the data, for messages.
        items: each of them; a list, or to be gone through once.
        total: how many there are, where that is known.
    """

    name: str
    items: Iterable[Entry]
    total: int | None


@dataclass(frozen=True, slots=True)
class EntryReader:
    """Finds the images in data of any form.

    Args:
        cells: takes the cells that hold images.
        columns: which columns were named, for messages.
        image: the column of images.
        word: the column of labels or texts; None where images stand alone.
        read_word: (cell, place, number) -> the label or text; raises InvalidInput.
        classes: whether the first folders below a folder are the labels.
    """

    cells: CellReader
    columns: DataColumns
    image: str
    word: str | None = None
    read_word: Callable[[Any, Origin, int], str] = lambda *_: ""
    classes: bool = False

    def find(self, data: object) -> Entries:
        """All images of the data; none is read yet.

        Raises:
            InvalidArgument: the data, or the columns and folders named, are of no use.
            InvalidInput: a column is not there, or a file of rows cannot be read.
        """
        path = as_path(data)
        if path is None:
            return self._python(data)
        form = rows_form(path)
        if form is None:
            return self._folder(path)
        reader = self
        if self.cells.folder is None:
            reader = replace(self, cells=replace(self.cells, folder=path.parent))
        rows = list(reader._rows(file_rows(path, form)))
        return Entries(str(path), rows, len(rows))

    def _folder(self, folder: Path) -> Entries:
        columns = f"{self.image!r}" + (f" and {self.word!r}" if self.word else "")
        if not folder.is_dir() or (self.word and not self.classes):
            raise InvalidArgument(
                f"{folder} is {'a folder' if folder.is_dir() else 'no folder'}; give "
                + ("" if self.word and not self.classes else "a folder of images, or ")
                + f"a file of JSON lines or CSV with the columns {columns}",
                field="data",
            )
        self.columns.for_lines(str(folder))
        if self.cells.folder is not None:
            raise InvalidArgument(
                f"image_folder is for the paths in rows, and {folder} is a folder itself; leave "
                "it out",
                field="image_folder",
            )
        entries = [
            self._file(folder, file) for file in files_below(folder, (*EXTENSIONS, *OTHER_KINDS))
        ]
        return Entries(str(folder), entries, len(entries))

    def _file(self, folder: Path, file: Path) -> Entry:
        name, inner = str(file), file.relative_to(folder).parts
        if file.suffix.lower() not in EXTENSIONS:
            return _refused(name, f"{file.suffix} is not read; make it PNG, JPEG or WebP")
        if self.classes and len(inner) == 1:
            return _refused(
                name,
                f"it lies in {folder} itself, and so has no label; put every image into a folder "
                "that is named by its label",
            )
        cell = replace(self.cells, folder=None).cell(file)
        return Entry(name, cell.read, inner[0] if self.classes else "", cell.path)

    def _python(self, data: object) -> Entries:
        total = len(data) if isinstance(data, Sized) and not isinstance(data, Mapping) else None
        rows = column_rows(data, [self.image, *([self.word] if self.word else ())])
        if rows is not None:
            return Entries(THE_DATA, self._rows(rows), total)
        first, items = first_of(data)
        if not isinstance(first, Mapping):
            self.columns.for_lines(THE_DATA)
        elif self.word or self.image in first or not _is_cell(first):
            return Entries(THE_DATA, self._rows(mapping_rows(items)), total)
        return Entries(THE_DATA, self._items(items), total)

    def _items(self, items: Iterable[Any]) -> Iterator[Entry]:
        """Images that stand alone, or pairs of an image and its label or text."""
        origin = Origin(THE_DATA, "image")
        for number, item in enumerate(items, 1):
            if not self.word:
                yield self._entry(origin, number, item, None)
                continue
            if (
                isinstance(item, str | bytes)
                or not isinstance(item, Sequence)
                or len(item) != _PAIR
            ):
                raise InvalidInput(
                    f"{origin.at(number)} is {shorten(item)}, a {type(item).__name__}; give rows "
                    f"with {self.image!r} and {self.word!r}, or pairs of these two",
                    field="data",
                )
            yield self._entry(origin, number, *item)

    def _rows(self, rows: Rows) -> Iterator[Entry]:
        for number, values in rows.stream:
            for column in (self.image, self.word):
                if column is not None and column not in values:
                    raise rows.missing(column, values, number)
            word = values[self.word] if self.word else None
            yield self._entry(rows.origin, number, values[self.image], word)

    def _entry(self, origin: Origin, number: int, value: Any, word: Any) -> Entry:
        name = origin.at(number)
        if isinstance(value, str | os.PathLike) and value:
            name = f"{os.fsdecode(value)} ({name})"
        try:
            cell: Cell = self.cells.cell(value)
            return Entry(name, cell.read, self.read_word(word, origin, number), cell.path)
        except InvalidInput as why:
            return Entry(name, partial(_fail, why))


def _is_cell(item: Mapping[Any, Any]) -> bool:
    """Whether a mapping is an image itself, as Hugging Face data sets give it."""
    return not item.keys().isdisjoint(("bytes", "path"))


def _refused(name: str, why: str) -> Entry:
    return Entry(name, partial(_fail, InvalidInput(why, field="data")))


def _fail(why: InvalidInput) -> NoReturn:
    raise why
