"""Which values each column has, and the row of its table that each of them stands on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

# The first rows of every table; those of the values follow. An absent column's row is all zeros.
ABSENT = 0
UNKNOWN = 1
FIRST = 2


class Vocabulary:
    """The values of columns, both in a fixed order.

    Args:
        columns: the values by column; an empty text is no value.
    """

    def __init__(self, columns: Mapping[str, Sequence[str]]) -> None:
        self.columns = {name: tuple(values) for name, values in columns.items()}
        self._rows = {
            name: {"": ABSENT, **{value: row for row, value in enumerate(values, FIRST)}}
            for name, values in self.columns.items()
        }

    @classmethod
    def seen_in(cls, columns: Mapping[str, Iterable[str]]) -> Self:
        """The values that cells have, sorted by code point."""
        return cls({name: sorted(set(cells) - {""}) for name, cells in columns.items()})

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in their order."""
        return tuple(self.columns)

    def sizes(self) -> list[int]:
        """Rows of each column's table."""
        return [len(values) + FIRST for values in self.columns.values()]

    def row(self, column: str, value: str) -> int:
        """The row of a value in its column's table."""
        return self._rows[column].get(value, UNKNOWN)

    def rows(self, columns: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
        """The rows of every cell of a table, shape (rows, columns)."""
        coded = [[self.row(name, cell) for cell in columns[name]] for name in self.columns]
        return np.array(coded, np.int64).T

    def to_json(self) -> str:
        """The text that :meth:`from_json` reads."""
        return json.dumps(
            [{"column": name, "values": values} for name, values in self.columns.items()], indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read :meth:`to_json` back.

        Raises:
            ValueError, TypeError, KeyError: the text is no vocabulary.
        """
        return cls({one["column"]: one["values"] for one in json.loads(text)})

    def digest(self) -> str:
        """sha256 (hex) over columns and values, in their order."""
        text = json.dumps(list(self.columns.items()), separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
