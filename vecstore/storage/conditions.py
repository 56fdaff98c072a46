"""What a write expects of the records that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from vecstore.errors import AlreadyExists, RecordNotFound, VersionConflict
from vecstore.records import WriteMode
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.lists import among
from vecstore.storage.writes import chunks

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold when a write begins.

    Args:
        mode: whether its records are there.
        versions: by id, the version that a record has; 0 for one that is not there.
    """

    mode: WriteMode = WriteMode.UPSERT
    versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def always(self) -> bool:
        """Whether it holds whatever is there."""
        return self.mode is WriteMode.UPSERT and not self.versions


ALWAYS = Condition()


def require_met(
    connection: Connection, collection: CollectionRow, ids: Sequence[str], condition: Condition
) -> None:
    """Raise where a condition does not hold. ``details["position"]`` is the number of the first id.

    Args:
        connection: of the transaction that writes; any other gives an early answer.
        collection: of the records.
        ids: of all records that are written, ``versions`` among them.
        condition: what must hold.

    Raises:
        AlreadyExists: records are there, and none should be.
        RecordNotFound: records are not there, and all should be.
        VersionConflict: one has another version than expected.
    """
    if condition.always:
        return
    asked = ids if condition.mode is not WriteMode.UPSERT else list(condition.versions)
    present = versions_of(connection, collection, asked)
    if condition.mode is WriteMode.INSERT:
        _require_none(collection, ids, present)
    elif condition.mode is WriteMode.UPDATE:
        _require_all(collection, ids, present)
    _require_versions(collection, ids, condition.versions, present)


def _require_all(
    collection: CollectionRow, ids: Sequence[str], present: Mapping[str, object]
) -> None:
    """Raise RecordNotFound where some of the ids are not there."""
    missing = [one for one in ids if one not in present]
    if missing:
        raise RecordNotFound(
            f"not in collection {collection.name!r}: {_listed(missing)}; nothing was written: "
            "check the ids, or insert the records",
            collection=collection.name,
            missing=len(missing),
            position=ids.index(missing[0]),
        )


def versions_of(
    connection: Connection, collection: CollectionRow, ids: Sequence[str]
) -> dict[str, int]:
    """Present versions of those of the ids that are there."""
    keys = tables.records.c
    found: dict[str, int] = {}
    for chunk in chunks(ids):
        statement = select(keys.id, keys.version).where(
            keys.collection_id == collection.id, among(connection, keys.id, chunk)
        )
        found.update({row[0]: row[1] for row in connection.execute(statement)})
    return found


def _require_none(
    collection: CollectionRow, ids: Sequence[str], present: Mapping[str, int]
) -> None:
    there = [one for one in ids if one in present]
    if there:
        raise AlreadyExists(
            f"already in collection {collection.name!r}: {_listed(there)}; nothing was written: "
            "choose other ids, or use update or upsert",
            collection=collection.name,
            present=len(there),
            position=ids.index(there[0]),
        )


def _require_versions(
    collection: CollectionRow,
    ids: Sequence[str],
    expected: Mapping[str, int],
    present: Mapping[str, int],
) -> None:
    wrong = [one for one, version in expected.items() if present.get(one, 0) != version]
    if not wrong:
        return
    first = wrong[0]
    has = f"has version {present[first]}" if first in present else "is not there"
    wanted = f"version {expected[first]}" if expected[first] else "none (version 0)"
    others = f" ({len(wrong) - 1} more of its records differ too)" if len(wrong) > 1 else ""
    raise VersionConflict(
        f"record {first!r} of {collection.name!r} {has}, and the write expects {wanted}{others}; "
        "nothing was written: get the record again, and decide anew",
        collection=collection.name,
        record=first,
        expected=expected[first],
        present=present.get(first, 0),
        position=ids.index(first),
    )


def _listed(ids: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(ids))
    more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
    return ", ".join(map(repr, distinct[:_SHOWN])) + more
