"""Changing and deleting records of a collection, by id or by a filter."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from vecstore.changes import (
    PayloadChange,
    checked_versions,
    payload_change,
    require_selection,
)
from vecstore.collection.once import of_change, of_selection
from vecstore.collection.writing import Writing
from vecstore.errors import InvalidRecord
from vecstore.filters import Filter, parse
from vecstore.inputs import check_payload
from vecstore.searches import FilterLike
from vecstore.storage.conditions import Condition
from vecstore.storage.deletions import delete_matching, delete_records
from vecstore.storage.payload_writes import rewrite_matching, rewrite_payloads
from vecstore.storage.writes import Written


class Changing(Writing):
    """The methods that change records that are there."""

    def update_payload(
        self,
        ids: Iterable[str] | None = None,
        *,
        filter: FilterLike | None = None,
        set: Mapping[str, Any] | None = None,
        unset: Iterable[str] = (),
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """Change payloads, of all records meant or, on any error, of none.

        Inputs and vectors stay as they are, and nothing is encoded. Every record meant gets a new
        version, also where its payload is the same afterwards.

        Args:
            ids: of the records; either these or a filter.
            filter: all records that satisfy it when the change is made; ``{}`` means every record.
            set: values by key at the top of the payload; each replaces what is there as a whole.
            unset: keys that are removed, as filters write them: ``"a.b"`` is ``b`` inside ``a``.
            if_versions: with ids; see :meth:`upsert`.
            idempotency_key: see :meth:`upsert`.

        Returns:
            How many records were meant.

        Raises:
            RecordNotFound: ids that are not there; up to 10 of them are named.
            VersionConflict: a record is not of the version expected.
            InvalidRecord: a payload would exceed its limits; the record is named.
            InvalidFilter: the filter has no meaning.
            InvalidArgument: there is nothing to change, or both or neither of ids and filter were
                given; or the key was used for another call.
        """
        change = payload_change(set, unset, self._store.settings)
        wanted, tree, condition = self._selected(ids, filter, if_versions)
        rewrite = self._rewrite(change)

        def write(connection: Connection) -> Written:
            if tree is not None:
                return rewrite_matching(connection, self._row, tree, rewrite)
            return rewrite_payloads(connection, self._row, wanted, rewrite, condition.versions)

        def parts() -> Iterable[str | bytes]:
            yield from of_selection("update_payload", wanted, tree, condition.versions)
            yield from of_change(change)

        request = self._once(idempotency_key, parts)
        if not wanted and tree is None and request is None:
            return 0
        return self._commit(write, request)

    def delete(
        self,
        ids: Iterable[str] | None = None,
        *,
        filter: FilterLike | None = None,
        if_versions: Mapping[str, int] | None = None,
        idempotency_key: str | None = None,
    ) -> int:
        """Delete records; ids that are not there are passed over.

        Args:
            ids: of the records; either these or a filter.
            filter: all records that satisfy it when they are deleted; ``{}`` means every record.
            if_versions: with ids; see :meth:`upsert`.
            idempotency_key: see :meth:`upsert`.

        Returns:
            How many were there.

        Raises:
            VersionConflict: a record is not of the version expected.
            InvalidFilter: the filter has no meaning.
            InvalidArgument: both or neither of ids and filter were given; or the key was used for
                another call.
        """
        wanted, tree, condition = self._selected(ids, filter, if_versions)

        def write(connection: Connection) -> Written:
            if tree is not None:
                return delete_matching(connection, self._row, tree)
            return delete_records(connection, self._row, wanted, condition)

        request = self._once(
            idempotency_key, lambda: of_selection("delete", wanted, tree, condition.versions)
        )
        if not wanted and tree is None and request is None:
            return 0
        for field in self._row.all_fields:
            self._store.index(self._row, field)
        return self._commit(write, request)

    def _selected(
        self,
        ids: Iterable[str] | None,
        filter_: FilterLike | None,
        if_versions: Mapping[str, int] | None,
    ) -> tuple[builtins.list[str], Filter | None, Condition]:
        """The records meant: their ids or a filter, and what must hold of them."""
        require_selection(ids, filter_)
        wanted = [] if ids is None else self._ids(ids)
        versions = checked_versions(if_versions, None if ids is None else wanted)
        tree = None if filter_ is None else parse(filter_)
        return wanted, tree, Condition(versions=versions)

    def _rewrite(self, change: PayloadChange) -> Callable[[str, dict[str, Any]], str]:
        settings = self._store.settings

        def rewrite(record: str, payload: dict[str, Any]) -> str:
            try:
                return check_payload(change.applied(payload), settings)
            except InvalidRecord as error:
                raise InvalidRecord(
                    f"record {record!r}: {error.message}", **{**error.details, "record": record}
                ) from error

        return rewrite
