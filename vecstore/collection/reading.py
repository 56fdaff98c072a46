"""Looking records up, one by one or page by page."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from vecstore import paging
from vecstore.answers import Facet
from vecstore.collection.base import Base
from vecstore.errors import InvalidArgument
from vecstore.filters import key_path
from vecstore.inputs import MAX_INT, MIN_INT
from vecstore.inputs.shown import utf8_size
from vecstore.records import Page, Record
from vecstore.searches import FilterLike, parsed, whole_number

# Records read at a time: what is too large is refused before it fills the memory.
_PART = 32


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

    def sample(
        self,
        count: int = 10,
        *,
        filter: FilterLike | None = None,
        seed: int | None = None,
        include_vectors: bool = False,
    ) -> builtins.list[Record]:
        """Records drawn by chance, each as likely as every other, none of them twice.

        Args:
            count: 1 to 1000; as many come back while there are as many.
            filter: only records whose payload satisfies it.
            seed: a 64-bit integer; the same seed draws the same records, in the same order, as
                long as none is written. Another draw at every call where left out.
            include_vectors: whether records bring their vectors along.

        Raises:
            InvalidArgument, InvalidFilter: it is malformed, or the records are too large to be
                given in one answer.
        """
        wanted = whole_number("count", count, 1, paging.MAX_PAGE)
        key = None if seed is None else whole_number("seed", seed, MIN_INT, MAX_INT)
        tree = parsed(filter)
        self._store.require(self._row)
        ids = self._store.reader.sample(self._row, tree, wanted, key)
        return self._gathered(ids, include_vectors)

    def _gathered(self, ids: builtins.list[str], include_vectors: bool) -> builtins.list[Record]:
        limit, taken = self._store.settings.max_message_bytes, 0
        found: builtins.list[Record] = []
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            records = self._store.reader.records(self._row, part, include_vectors)
            # What was deleted meanwhile is left out.
            found += [records[one] for one in part if one in records]
            taken += sum(paging.record_bytes(record) for record in records.values())
            if taken > limit:
                raise InvalidArgument(
                    f"{len(ids)} records of this collection have more than {limit} bytes, which "
                    "is what one answer may have; ask for fewer",
                    field="count",
                )
        return found

    def facets(
        self, key: str, *, filter: FilterLike | None = None, limit: int = 100
    ) -> builtins.list[Facet]:
        """How many records have each value under a key.

        Values are told apart as filters do: 1 and 1.0 are one value, ``"1"`` and true are others.
        Of a list each value counts, once for its record; an object, and a list in a list, counts
        for nothing.

        Args:
            key: as filters write it, ``a.b`` for ``b`` inside ``a``.
            filter: only records whose payload satisfies it.
            limit: values wanted at most, 1 to 1000.

        Returns:
            The values that most records have; of equally many null first, then false and true,
            numbers, and strings by code point.

        Raises:
            InvalidArgument, InvalidFilter: it is malformed, or the values are too long to be given
                in one answer.
        """
        path = key_path(key)
        wanted = whole_number("limit", limit, 1, paging.MAX_PAGE)
        tree = parsed(filter)
        self._store.require(self._row)
        found = self._store.reader.facets(self._row, path, tree, wanted)
        limit = self._store.settings.max_message_bytes
        size = sum(utf8_size(one.value) for one in found if isinstance(one.value, str))
        if size > limit:
            raise InvalidArgument(
                f"the {len(found)} values of {key!r} that most records have take {size} bytes, and "
                f"one answer may have {limit}; ask for fewer",
                field="limit",
            )
        return found

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
