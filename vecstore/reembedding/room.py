"""How much room a second space takes: on the disk, and in memory. Estimates, from what databases
and the graph are known to lay beside the numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# What a page holds, and beyond which size a value has pages of its own.
_SQLITE_PAGE, _SQLITE_USABLE, _SQLITE_LOCAL = 4096, 4088, 4061
_POSTGRESQL_PAGE, _POSTGRESQL_USABLE, _POSTGRESQL_LOCAL = 8192, 8168, 2032
# Of PostgreSQL's pieces of long values; each has a head, and an entry in an index.
_PIECE, _PIECE_COST = 1996, 60
# Pages of rows that do not come in the order of their keys are full to about so much.
_FULL = 0.7
# What a row and its entry in the index of its key take beside its values.
_SQLITE_ROW, _POSTGRESQL_ROW = 10, 28 + 24
# label, crc, digest of the input, numbers of the field; by field and record id.
_ENTRY = 56
_TABLE_ROW = 29  # of the index's own table, by label


@dataclass(frozen=True, slots=True)
class Room:
    """What a second space takes, in bytes.

    Args:
        vectors: of the database: vectors, and what binds them to their records.
        inputs: of the database: copies of stored inputs.
        graph: of the store's folder; in memory it takes about as much.
    """

    vectors: int
    inputs: int
    graph: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.vectors + self.inputs + self.graph


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be written.

    Args:
        records: how many.
        dim: of their vectors.
        id_bytes: of a record's id, in the mean.
        inputs: how many of them have a stored input.
        input_bytes: of such an input, in the mean; of images the digest alone, since an image is
            stored once.
    """

    records: int
    dim: int
    id_bytes: float
    inputs: int
    input_bytes: float


def room(load: Load, links: int, *, sqlite: bool) -> Room:
    """What a second space takes.

    Args:
        load: what is to be written.
        links: of a node of the graph (``hnsw_m``).
        sqlite: whether the database is SQLite, else PostgreSQL.
    """
    row = _sqlite_row if sqlite else _postgresql_row
    entry = row(_ENTRY + 2 * load.id_bytes if not sqlite else _ENTRY + load.id_bytes) / _FULL
    vector = row(4 * load.dim)
    return Room(
        vectors=math.ceil(load.records * (vector + entry)),
        inputs=math.ceil(load.inputs * row(load.input_bytes)),
        graph=math.ceil(load.records * _node(load.dim, links)),
    )


def _node(dim: int, links: int) -> float:
    """Bytes of the graph for each vector: level 0, the mean of the levels above, and its label."""
    return 8 * links + 4 + 4 * dim + 8 + 4 + (4 * links + 4) / (links - 1) + _TABLE_ROW


def _sqlite_row(size: float) -> float:
    whole = size + _SQLITE_ROW
    if whole > _SQLITE_LOCAL:
        # The rest of a long value has pages of its own, the last of which is half full, about.
        return _SQLITE_PAGE * (math.ceil(whole / _SQLITE_USABLE) + 0.25)
    # Rows are not split: of large ones few fit, and the rest of the page stays empty.
    return _SQLITE_PAGE / max(1, math.floor(_SQLITE_USABLE / whole))


def _postgresql_row(size: float) -> float:
    whole = size + _POSTGRESQL_ROW
    if whole > _POSTGRESQL_LOCAL:
        pieces = math.ceil(size / _PIECE)
        return size + pieces * _PIECE_COST + 2 * _POSTGRESQL_ROW
    return _POSTGRESQL_PAGE / math.floor(_POSTGRESQL_USABLE / whole)
