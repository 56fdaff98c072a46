"""What an index answers about filters."""

from __future__ import annotations

from vecstore.filters import And, Existence, Filter, Scalar
from vecstore.index.filtering import FilteredSearcher, Told
from vecstore.index.payloads.declared import Declared
from vecstore.index.searching import Found
from vecstore.index.state import State
from vecstore.plans import Plan
from vecstore.spaces import FloatArray


class ByFilter:
    """The nearest that satisfy a filter, all that do, and what there is under a key."""

    _state: State
    _declared: Declared
    _filtered: FilteredSearcher

    def search_filtered(
        self,
        values: FloatArray,
        k: int,
        filter_: Filter,
        told: Told | None = None,
        *,
        explain: bool = False,
    ) -> tuple[Found, Plan | None] | None:
        """The nearest live vectors whose records' payloads satisfy a filter.

        Args:
            values: one vector of shape (dim,), float32.
            k: how many; all of them come back while so many satisfy the filter.
            filter_: a tree that :func:`vecstore.filters.parse` returned.
            told: what satisfies it, by SQL.
            explain: whether to say how it was answered.

        Returns:
            Hits as :meth:`LiveIndex.search`, their distances measured in float64, and the plan
            where it was asked for. None where only SQL can tell what satisfies the filter: ask it,
            and come again with what it told.

        Raises:
            InvalidVector, InvalidArgument, StorageError: as :meth:`LiveIndex.search`.
            Outdated: what was told is not of this moment.
        """
        answer = self._filtered.search(values, k, filter_, told, explain=explain)
        if answer is None:
            self._declared.want(filter_)
        return answer

    def satisfying(self, filter_: Filter, most: int) -> frozenset[str] | None:
        """Ids of the records with a vector here whose payloads satisfy a filter.

        Args:
            filter_: a tree that :func:`vecstore.filters.parse` returned.
            most: how many there may be.

        Returns:
            None where only SQL can tell, or where there are more.
        """
        labels = self._filtered.satisfying(filter_)
        if labels is None:
            self._declared.want(filter_)
            return None
        if len(labels) > most:
            return None
        state = self._state
        with state.lock.reading():
            return frozenset(one for one in state.names.get(labels, state.ids) if one is not None)

    def tallied(
        self, path: tuple[str, ...], filter_: Filter | None, most: int
    ) -> dict[tuple[bool, Scalar], int] | None:
        """How many records with a vector here have each value under a declared key.

        Args:
            path: of the key.
            filter_: only records that satisfy it.
            most: different values that there may be.

        Returns:
            By whether it is a boolean, and the value; None where only SQL can tell, or where there
            are more.
        """
        state = self._state
        with state.lock.reading():
            tables, asked = state.payloads, Existence(path)
            both = asked if filter_ is None else And((asked, filter_))
            if tables is not None and tables.covers(both):
                return tables.tallied(path, filter_, most)
        self._declared.want(both)
        return None
