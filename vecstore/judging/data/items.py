"""Inputs one after the other, each with its label, from whatever has them; none is read yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.files.folders import files_below
from vecstore.files.images import EXTENSIONS, OTHER_KINDS
from vecstore.files.lines import open_source, read_lines
from vecstore.inputs import Frame, check_input, image_square, shorten
from vecstore.judging.data.columns import CATEGORIES, IMAGE, LABEL, TEXT, InputColumns
from vecstore.judging.data.item import Item, fail, labelled_item, without_place
from vecstore.records import Input, Modality
from vecstore.training.data.cells import is_missing
from vecstore.training.data.image_cells import CellReader
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

_TXT = (".txt", ".txt.gz")
_PAIR = 2
# The smallest square that is worth decoding to, which shows whether an image can be decoded.
_GLANCE = Frame(32)


@dataclass(frozen=True, slots=True)
class ItemReader:
    """Finds the inputs in data of any form.

    Args:
        settings: limits.
        columns: which column is what.
        labelled: whether every input needs a label.
    """

    settings: Settings
    columns: InputColumns
    labelled: bool

    def find(self, data: object) -> tuple[str, list[Item]]:
        """The data's name for messages, and its inputs in order.

        Raises:
            InvalidArgument: the data, or the columns and folders named, are of no use.
            InvalidInput: a column is not there, or a file cannot be read.
        """
        path = as_path(data)
        if path is None:
            return THE_DATA, list(self._python(data))
        form = rows_form(path)
        if form is not None:
            columns = self.columns
            reader = replace(self, columns=replace(columns, folder=columns.folder or path.parent))
            return str(path), list(reader.rows(file_rows(path, form)))
        self.columns.require_none(str(path))
        return str(path), list(self._folder(path) if path.is_dir() else self._lines(path))

    # -- rows

    def rows(self, rows: Rows) -> Iterator[Item]:
        """The inputs of rows."""
        kind: Modality | None = None
        for number, values in rows.stream:
            if kind is None:
                kind = self.columns.modality(rows, number, values)
                self._require_columns(kind, rows, number, values)
            item = Item(rows.origin.at(number), self._of_row(kind, rows, number, values))
            yield self._with_label(replace(item, row=values), rows, number, values)

    def _require_columns(
        self, kind: Modality, rows: Rows, number: int, values: Mapping[str, Any]
    ) -> None:
        """What the first row does not have was most likely named wrongly."""
        columns, wanted = self.columns, {}
        if self.labelled:
            wanted[columns.label or LABEL] = ("labels", "label")
        if kind is Modality.TEXT:
            wanted[columns.text or TEXT] = ("texts", "text")
        if kind is Modality.IMAGE:
            wanted[columns.image or IMAGE] = ("paths of images", "image")
        for name, (held, option) in wanted.items():
            if name not in values:
                raise InvalidInput(
                    f"{rows.missing(name, values, number).message}; name the one that holds {held} "
                    f"with --{option}-column ({option}_column= in Python)",
                    field="data",
                )

    def _of_row(
        self, kind: Modality, rows: Rows, number: int, values: Mapping[str, Any]
    ) -> Callable[[], Input]:
        columns = self.columns
        if kind is Modality.CATEGORIES:
            return partial(self._categories, rows, number, values)
        name = (columns.text or TEXT) if kind is Modality.TEXT else (columns.image or IMAGE)
        if name not in values:
            return partial(
                fail, without_place(rows.origin.at(number), rows.missing(name, values, number))
            )
        if kind is Modality.TEXT:
            return partial(self._checked, values[name], f"the column {name!r}")
        return partial(self._image, values[name], columns.folder)

    def _categories(self, rows: Rows, number: int, values: Mapping[str, Any]) -> Input:
        names = self.columns.categories
        if names is None:
            return self._checked(values.get(CATEGORIES), f"the column {CATEGORIES!r}")
        for name in names:
            if name not in values:
                raise without_place(rows.origin.at(number), rows.missing(name, values, number))
        cells = {name: values[name] for name in names}
        given = {name: cell for name, cell in cells.items() if not is_missing(cell) and cell != ""}
        return self._checked(given, "the categories")

    def _with_label(self, item: Item, rows: Rows, number: int, values: Mapping[str, Any]) -> Item:
        if not self.labelled:
            return item
        name = self.columns.label or LABEL
        if name not in values:
            flaw = without_place(rows.origin.at(number), rows.missing(name, values, number))
            return replace(item, flaw=flaw)
        return labelled_item(item, values[name], rows.origin, number, f"in the column {name!r}")

    # -- files and folders

    def _lines(self, path: Path) -> Iterator[Item]:
        if self.labelled:
            raise InvalidArgument(
                f"{path} has no columns, and so no labels; give a folder of a folder for each "
                f"class, or CSV or JSON lines with the columns {TEXT!r} and {LABEL!r}",
                field="data",
            )
        if path.suffix.lower() in EXTENSIONS:
            raise InvalidArgument(
                f"{path} is one image; give a folder of images, or a file of rows that name them",
                field="data",
            )
        with open_source(str(path), wanted="a file of text") as source:
            for number, line, _ in read_lines(source):
                text = line.strip()
                if text:
                    place = f"line {number} of {path}"
                    yield Item(place, partial(self._checked, text, "the line"))

    def _folder(self, folder: Path) -> Iterator[Item]:
        images = files_below(folder, (*EXTENSIONS, *OTHER_KINDS))
        texts = files_below(folder, _TXT)
        if bool(images) == bool(texts):
            held = "both images and .txt files" if images else "neither images nor .txt files"
            raise InvalidArgument(
                f"the folder {folder} holds {held}; give a folder of PNG, JPEG or WebP images, or "
                "one of .txt files" + (", in a folder for each class" if self.labelled else ""),
                field="data",
            )
        if self.columns.folder is not None:
            raise InvalidArgument(
                f"image_folder is for the paths in rows, and {folder} is a folder itself; leave "
                "it out",
                field="image_folder",
            )
        for file in images or texts:
            read = partial(self._image if images else self._document, file)
            inner = file.relative_to(folder).parts
            flaw = None
            if self.labelled and len(inner) == 1:
                flaw = InvalidInput(
                    f"it lies in {folder} itself, and so has no label; put every file into a "
                    "folder that is named by its label",
                    field="data",
                )
            yield Item(str(file), read, inner[0] if self.labelled else "", flaw)

    def _document(self, file: Path) -> Input:
        with open_source(str(file), wanted="a file of text") as source:
            text = "".join(line for _, line, _ in read_lines(source)).strip()
        return self._checked(text, "the text")

    # -- what Python has

    def _python(self, data: object) -> Iterator[Item]:
        wanted = [one for one in self._wanted() if one is not None]
        rows = column_rows(data, wanted or None)
        if rows is not None:
            return self.rows(rows)
        first, items = first_of(data)
        if isinstance(first, Mapping) and (self.labelled or self._is_row(first)):
            return self.rows(mapping_rows(items))
        self.columns.require_none(THE_DATA)
        return self._pairs(items) if self.labelled else self._values(items)

    def _wanted(self) -> Iterable[str | None]:
        columns = self.columns
        if columns.text or columns.image or columns.categories:
            yield from (columns.text, columns.image, *(columns.categories or ()))
            yield (columns.label or LABEL) if self.labelled else None

    def _is_row(self, first: Mapping[Any, Any]) -> bool:
        """Whether a mapping is a row, and not categories or an image themselves."""
        columns = self.columns
        named = (columns.text, columns.image, columns.categories) != (None, None, None)
        return named or not first.keys().isdisjoint((TEXT, IMAGE, CATEGORIES))

    def _pairs(self, items: Iterable[Any]) -> Iterator[Item]:
        origin = Origin(THE_DATA, "input")
        for number, item in enumerate(items, 1):
            if isinstance(item, str | bytes) or not isinstance(item, Sequence):
                raise self._no_pair(item, origin, number)
            if len(item) != _PAIR:
                raise self._no_pair(item, origin, number)
            value, label = item
            one = Item(origin.at(number), partial(self._value, value))
            yield labelled_item(one, label, origin, number, "")

    def _no_pair(self, item: object, origin: Origin, number: int) -> InvalidInput:
        return InvalidInput(
            f"{origin.at(number)} is {shorten(item)}, a {type(item).__name__}; give pairs of an "
            f"input and its label, or rows with {self.columns.label or LABEL!r}",
            field="data",
        )

    def _values(self, items: Iterable[Any]) -> Iterator[Item]:
        origin = Origin(THE_DATA, "input")
        for number, item in enumerate(items, 1):
            yield Item(origin.at(number), partial(self._value, item))

    def _value(self, value: Any) -> Input:
        """A text, categories, an input, or an image in any of its forms."""
        is_image = isinstance(value, Mapping) and not value.keys().isdisjoint(("bytes", "path"))
        if isinstance(value, str | Input) or (isinstance(value, Mapping) and not is_image):
            return self._checked(value, "the input")
        return self._image(value)

    # -- one input

    def _checked(self, value: object, called: str) -> Input:
        return check_input(value, self.settings, called)

    def _image(self, value: Any, folder: Path | None = None) -> Input:
        data = CellReader.of(self.settings, folder).cell(value).read().data
        found = check_input(data, self.settings, "the image")
        image_square(data, _GLANCE, max_pixels=self.settings.max_image_pixels)
        return found
