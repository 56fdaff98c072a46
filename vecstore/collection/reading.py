"""Looking records up, one by one or page by page."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from vecstore import paging
from vecstore.collection.base import Base
from vecstore.records import Page, Record
from vecstore.searches import FilterLike, parsed


class Reading(Base):
    """The methods that read records."""

    def get(self, ids: Iterable[str], *, include_vectors: bool = False) -> list[Record]:
        """Records by id, in the order asked for.

        Raises:
            RecordNotFound: ids that are not there, by name.
        """
        return self._found(self._ids(ids), include_vectors=include_vectors)

    def count(self, filter: FilterLike | None = None) -> int:
        """How many records there are, or satisfy a filter."""
        tree = parsed(filter)
        self._store.require(self._row)
        if tree is None:
            return self._store.catalog.count(self._row)
        return self._store.reader.count(self._row, tree)

    def list(
        self,
        *,
        page_size: int = 100,
        page_token: str = "",
        filter: FilterLike | None = None,
        include_vectors: bool = False,
    ) -> Page:
        """Records by id, a page at a time.

        Args:
            page_size: 1 to 1000. A page of large images ends earlier, so that it always fits into
                one message; only an empty ``next_page_token`` says that nothing follows.
            page_token: ``next_page_token`` of the page before; empty for the first.
            filter: only records whose payload satisfies it.
            include_vectors: whether records bring their vectors along.
        """
        tree = parsed(filter)
        self._store.require(self._row)
        row, reader = self._row, self._store.reader

        def read(last: str, count: int) -> builtins.list[Record]:
            return reader.page(row, last, count, tree, include_vectors)

        limit = self._store.settings.max_message_bytes // 2
        return paging.page(read, paging.listing(row.id, tree), page_size, page_token, limit)
