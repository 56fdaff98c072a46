"""A Parquet file of records, written row group by row group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from vecstore.exchange import values
from vecstore.exchange.parquet_needs import EXPORT, FIELD, FORMAT, PART, SPACE, pyarrow
from vecstore.exchange.target import spaces_of
from vecstore.inputs.payload import compact
from vecstore.paging import record_bytes
from vecstore.records import DEFAULT_FIELD, CollectionInfo, FieldValue, Record
from vecstore.spaces import Space

_GROUP_BYTES = 32 * 1024 * 1024
_GROUP_ROWS = 10_000


class _Column(NamedTuple):
    """One part of one vector field."""

    field: str
    part: str
    space: Space

    @property
    def name(self) -> str:
        return self.part if self.field == DEFAULT_FIELD else f"{self.field}.{self.part}"


class ParquetWriter:
    """Columns: id; text, image, categories (JSON) and vector of each field; payload (JSON).

    Vectors are fixed-size lists of float32; their space is in the column's metadata, and a column
    "carried" beside them says which were mapped from another one. Columns of fields beside the
    default one are called ``FIELD.PART``.

    Args:
        path: the file.
        info: of the collection.
        vectors: whether there are columns of vectors.
    """

    def __init__(self, path: Path, info: CollectionInfo, *, vectors: bool) -> None:
        self._arrow = pyarrow()
        parts = ("text", "image", "categories", *(("vector", "carried") if vectors else ()))
        fields = spaces_of(info).items()
        self._columns = [_Column(name, part, space) for name, space in fields for part in parts]
        self._schema = self._made_schema(info)
        self._writer = self._arrow.parquet.ParquetWriter(
            path, self._schema, compression="zstd", write_page_checksum=True
        )
        self._records: list[Record] = []
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, record: Record) -> None:
        """See :class:`vecstore.exchange.exporting.Writer`."""
        self._records.append(record)
        self._bytes += record_bytes(record)
        if self._bytes >= _GROUP_BYTES or len(self._records) >= _GROUP_ROWS:
            self._write_group()

    def finish(self) -> None:
        """See :class:`vecstore.exchange.exporting.Writer`."""
        if self._records:
            self._write_group()

    def _write_group(self) -> None:
        records, self._records, self._bytes = self._records, [], 0
        table = self._arrow.Table.from_arrays(list(self._arrays(records)), schema=self._schema)
        self._writer.write_table(table)

    def _arrays(self, records: list[Record]) -> Iterator[Any]:
        arrow = self._arrow
        fields = [record.field_values() for record in records]
        yield arrow.array([record.id for record in records], arrow.string())
        nothing = FieldValue()
        for column in self._columns:
            given = [one.get(column.field, nothing) for one in fields]
            if column.part == "vector":
                yield self._vectors(given, column.space.dim)
            elif column.part == "categories":
                texts = [one.categories and compact(dict(one.categories)) for one in given]
                yield arrow.array(texts, arrow.string())
            elif column.part == "carried":
                yield arrow.array([column.field in one.carried for one in records], arrow.bool_())
            else:
                kind = arrow.binary() if column.part == "image" else arrow.string()
                yield arrow.array([getattr(one, column.part) for one in given], kind)
        yield arrow.array([compact(dict(record.payload)) for record in records], arrow.string())

    def _vectors(self, given: list[FieldValue], dim: int) -> Any:
        numbers = np.zeros((len(given), dim), np.float32)
        missing = np.zeros(len(given), bool)
        for row, value in enumerate(given):
            if value.vector is None:
                missing[row] = True
            else:
                numbers[row] = value.vector.values
        return self._arrow.FixedSizeListArray.from_arrays(
            numbers.ravel(), dim, mask=self._arrow.array(missing)
        )

    def _made_schema(self, info: CollectionInfo) -> Any:
        arrow = self._arrow
        kinds = {"image": arrow.binary(), "carried": arrow.bool_()}
        columns = [arrow.field("id", arrow.string(), nullable=False)]
        for column in self._columns:
            about = {FIELD: column.field.encode(), PART: column.part.encode()}
            kind = kinds.get(column.part, arrow.string())
            if column.part == "vector":
                kind = arrow.list_(arrow.float32(), column.space.dim)
                about[SPACE] = json.dumps(values.space(column.space)).encode()
            columns.append(arrow.field(column.name, kind, metadata=about))
        columns.append(arrow.field("payload", arrow.string(), nullable=False))
        return arrow.schema(columns, metadata={EXPORT: FORMAT, b"collection": info.name.encode()})
