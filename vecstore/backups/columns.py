"""Rows of a table as bytes, column by column, and back.

A part is the number of rows (4 bytes), and for each column a byte a row that says whether there is
a value, and the values: integers with 8 bytes each, booleans with one, texts and bytes as their
lengths (4 bytes each) and then one after the other. All numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.storage.copying import Kind

_COUNT = struct.Struct("<I")
_WIDTHS: dict[Kind, np.dtype[Any]] = {Kind.INTEGER: np.dtype("<i8"), Kind.BOOLEAN: np.dtype("u1")}
_LENGTH = np.dtype("<u4")


class PartError(ValueError):
    """The bytes of a part are not what is ever written."""


def packed(rows: Sequence[Sequence[Any]], kinds: Sequence[Kind]) -> bytes:
    """Rows as bytes."""
    pieces = [_COUNT.pack(len(rows))]
    columns = zip(*rows, strict=True) if rows else ([] for _ in kinds)
    for kind, values in zip(kinds, columns, strict=True):
        pieces += _packed(kind, list(values))
    return b"".join(pieces)


def unpacked(part: bytes, kinds: Sequence[Kind]) -> list[tuple[Any, ...]]:
    """Rows that :func:`packed` made bytes of.

    Raises:
        PartError: it did not.
    """
    reader = _Reader(part)
    (count,) = _COUNT.unpack(reader.take(_COUNT.size))
    columns = [_unpacked(reader, kind, count) for kind in kinds]
    if reader.left:
        raise PartError(f"{reader.left} bytes too many")
    return list(zip(*columns, strict=True))


class _Reader:
    def __init__(self, part: bytes) -> None:
        self._part = memoryview(part)
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._part) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise PartError(f"{size - self.left} bytes too few")
        self._at += size
        return bytes(self._part[self._at - size : self._at])

    def array(self, kind: np.dtype[Any], count: int) -> NDArray[Any]:
        return np.frombuffer(self.take(kind.itemsize * count), kind)


def _packed(kind: Kind, values: list[Any]) -> list[bytes]:
    present = np.array([value is not None for value in values], np.uint8).tobytes()
    if kind in _WIDTHS:
        whole = [0 if value is None else value for value in values]
        return [present, np.array(whole, _WIDTHS[kind]).tobytes()]
    if kind is Kind.TEXT:
        contents = [b"" if value is None else value.encode() for value in values]
    else:
        contents = [b"" if value is None else bytes(value) for value in values]
    return [present, np.array([len(one) for one in contents], _LENGTH).tobytes(), *contents]


def _unpacked(reader: _Reader, kind: Kind, count: int) -> list[Any]:
    present = reader.array(np.dtype("u1"), count)
    values: list[Any]
    if kind in _WIDTHS:
        values = reader.array(_WIDTHS[kind], count).tolist()
        if kind is Kind.BOOLEAN:
            values = [bool(value) for value in values]
    else:
        lengths = reader.array(_LENGTH, count).tolist()
        values = [reader.take(length) for length in lengths]
        if kind is Kind.TEXT:
            values = [_decoded(value) for value in values]
    return [value if there else None for value, there in zip(values, present, strict=True)]


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise PartError("text that is no UTF-8") from error
