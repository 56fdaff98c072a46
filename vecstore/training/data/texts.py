"""Texts in documents, from lines, rows, folders and what Python has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.files.folders import files_below
from vecstore.files.lines import open_source, read_lines
from vecstore.inputs import shorten
from vecstore.tasks import TextData
from vecstore.training.data.cells import cell_text
from vecstore.training.data.columns import DataColumns
from vecstore.training.data.digest import text_digest
from vecstore.training.data.passages import no_text, passage_of
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

_END = object()
_PLAIN = (".txt", ".txt.gz")
_TEXT = "text"

# A passage (or _END, which ends a document) and its place.
Piece = tuple[Origin, int, object]


def read_text(data: object, columns: DataColumns, settings: Settings) -> TextData:
    """Texts in documents; see :func:`vecstore.training.data.read_data`."""
    columns.for_text()
    path = as_path(data)
    pieces = _path_pieces(path, columns) if path else _python_pieces(data, columns)
    documents = _collect(pieces, str(path) if path else THE_DATA, settings.max_text_bytes)
    return TextData(documents, text_digest(documents))


def _path_pieces(path: Path, columns: DataColumns) -> Iterator[Piece]:
    form = rows_form(path)
    if form is not None:
        return _row_pieces(file_rows(path, form), columns)
    columns.for_lines(str(path))
    return _folder_pieces(path) if path.is_dir() else _line_pieces(path)


def _python_pieces(data: object, columns: DataColumns) -> Iterator[Piece]:
    text = columns.text or _TEXT
    rows = column_rows(data, [text, columns.document or text])
    if rows is not None:
        return _row_pieces(rows, columns)
    first, items = first_of(data)
    if isinstance(first, Mapping):
        return _row_pieces(mapping_rows(items), columns)
    columns.for_lines(THE_DATA)
    if first is None or isinstance(first, str):
        return _text_pieces(items)
    return _document_pieces(items)


def _line_pieces(path: Path, *, blank_ends: bool = True) -> Iterator[Piece]:
    """Lines; a blank one ends a document where that is so, and so does the end."""
    origin = Origin(str(path), "line")
    number = 0
    with open_source(str(path), wanted="a file of text") as source:
        for number, line, _ in read_lines(source):
            yield origin, number, line
            if blank_ends and not line.strip():
                yield origin, number, _END
    yield origin, number, _END


def _folder_pieces(folder: Path) -> Iterator[Piece]:
    files = files_below(folder, _PLAIN)
    if not files:
        raise InvalidInput(
            f"the folder {folder} holds no .txt file, nor does one below it; give a folder of "
            "text files, or one file",
            field="data",
        )
    for file in files:
        yield from _line_pieces(file, blank_ends=False)


def _text_pieces(items: Iterable[Any]) -> Iterator[Piece]:
    origin = Origin(THE_DATA, "text")
    for number, text in enumerate(items, 1):
        yield origin, number, text
        yield origin, number, _END


def _document_pieces(items: Iterable[Any]) -> Iterator[Piece]:
    origin = Origin(THE_DATA, "document")
    for number, document in enumerate(items, 1):
        if isinstance(document, str | bytes) or not isinstance(document, Iterable):
            raise InvalidInput(
                f"{origin.at(number)} is {shorten(document)}, a {type(document).__name__}; give "
                "texts, sequences of texts, or mappings, and all of one kind",
                field="data",
            )
        for passage in document:
            yield origin, number, passage
        yield origin, number, _END


def _row_pieces(rows: Rows, columns: DataColumns) -> Iterator[Piece]:
    """Every row a document, or documents of the rows that share one cell."""
    name, document = columns.text or _TEXT, columns.document
    grouped: dict[str, list[tuple[int, object]]] = {}
    for number, values in rows.stream:
        for column in (name, document):
            if column is not None and column not in values:
                raise rows.missing(column, values, number)
        if not isinstance(values[name], str):
            raise InvalidInput(
                f"{no_text(values[name], rows.origin, number)}, in the column {name!r}; fill the "
                "cell, remove the row, or name another column with --text-column (text_column= in "
                "Python)",
                field="data",
            )
        if document is None:
            yield rows.origin, number, values[name]
            yield rows.origin, number, _END
        else:
            of = cell_text(values[document], rows.origin, number, document)
            if not of:
                raise InvalidInput(
                    f"{rows.origin.at(number)} does not say in its column {document!r} which "
                    "document it belongs to; fill the cell, or remove the row",
                    field="data",
                )
            grouped.setdefault(of, []).append((number, values[name]))
    for passages in grouped.values():
        for number, passage in passages:
            yield rows.origin, number, passage
        yield rows.origin, 0, _END


def _collect(pieces: Iterable[Piece], name: str, limit: int) -> tuple[tuple[str, ...], ...]:
    """Documents without blank passages, and without empty documents."""
    documents: list[tuple[str, ...]] = []
    document: list[str] = []
    seen = 0
    for origin, number, piece in pieces:
        if piece is not _END:
            seen += 1
            passage = passage_of(piece, origin, number, limit)
            if passage:
                document.append(passage)
        elif document:
            documents.append(tuple(document))
            document = []
    if not documents:
        held = f"{seen:,} texts, all of them blank" if seen else "nothing at all"
        raise InvalidInput(
            f"{name} holds {held}; there is nothing to learn from: give texts", field="data"
        )
    return tuple(documents)
