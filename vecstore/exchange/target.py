"""What is asked of a collection, whatever kind of synchronous one it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, Unpack

from vecstore.errors import InvalidArgument
from vecstore.hits import Hits
from vecstore.ingesting import BATCH_BYTES, PATIENCE
from vecstore.records import (
    DEFAULT_FIELD,
    CollectionInfo,
    ItemResult,
    Page,
    Query,
    Record,
    WriteMode,
)
from vecstore.searches import FilterLike, SearchKeywords
from vecstore.spaces import Space


class Target(Protocol):
    """An embedded or a remote collection."""

    @property
    def name(self) -> str:
        """Its name."""

    def info(self) -> CollectionInfo:
        """What it is."""

    def search(self, query: Query, k: int = 10, **given: Unpack[SearchKeywords]) -> Hits:
        """The nearest records."""

    def count(self, filter: FilterLike | None = None) -> int:
        """How many records satisfy a filter."""

    def list(
        self,
        *,
        page_size: int = 100,
        page_token: str = "",
        filter: FilterLike | None = None,
        include_vectors: bool = False,
    ) -> Page:
        """Records by id, a page at a time."""

    def ingest(
        self,
        records: Iterable[Record],
        *,
        mode: str | WriteMode = WriteMode.UPSERT,
        batch_bytes: int = BATCH_BYTES,
        batch_size: int | None = None,
        patience: float = PATIENCE,
    ) -> Iterator[ItemResult]:
        """Write a stream of records."""


def spaces_of(info: CollectionInfo) -> dict[str, Space]:
    """The space of every vector field, the default one first."""
    return {DEFAULT_FIELD: info.space} | {one.name: one.space for one in info.fields}


def require_synchronous(collection: object) -> None:
    """Raise InvalidArgument where something is no collection, or one for asyncio."""
    if not hasattr(collection, "ingest") or type(collection).__name__.startswith("Async"):
        raise InvalidArgument(
            f"a {type(collection).__name__} is no synchronous collection; give one of "
            "vecstore.open(...) or vecstore.connect(...)",
            field="collection",
        )
