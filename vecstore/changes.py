"""What a write may be told, and how it is checked."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vecstore.config import Settings
from vecstore.errors import InvalidArgument, InvalidFilter, InvalidRecord
from vecstore.filters import key_path, key_text
from vecstore.inputs import MAX_INT, check_id, check_payload, shorten, text_flaw
from vecstore.records import WriteMode

MAX_KEY_CHARACTERS = 256
MAX_UNSET = 1000

_INTEGERS = (int, np.integer)


@dataclass(frozen=True, slots=True)
class PayloadChange:
    """How payloads are changed. Made by :func:`payload_change`.

    Args:
        set: values by key at the top of the payload, each replaced whole.
        unset: ways to keys that are removed.
    """

    set: Mapping[str, Any]
    unset: tuple[tuple[str, ...], ...]

    def applied(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The new payload; the old one is used up."""
        payload.update(self.set)
        for path in self.unset:
            _remove(payload, path)
        return payload


def payload_change(
    set: Mapping[str, Any] | None, unset: Iterable[str], settings: Settings
) -> PayloadChange:
    """Check how payloads are to be changed.

    Args:
        set: values by key at the top of the payload.
        unset: keys as filters write them.
        settings: limits of payloads.

    Raises:
        InvalidArgument: there is nothing to change, or the two contradict each other.
    """
    values = _values(set, settings)
    paths = tuple(dict.fromkeys(_paths(unset)))
    if not values and not paths:
        raise InvalidArgument(
            "there is nothing to set or to unset; give set={'key': value}, or unset=['key']",
            field="set",
        )
    both = [key_text(path) for path in paths if path[0] in values]
    if both:
        raise InvalidArgument(
            f"{both[0]!r} is to be removed, and set as a whole besides; give one of the two",
            field="unset",
        )
    return PayloadChange(values, paths)


def require_selection(ids: object, filter: object) -> None:
    """Raise InvalidArgument unless exactly one of ids and filter is given."""
    if (ids is None) == (filter is None):
        found = "neither ids nor a filter was given" if ids is None else "both ids and a filter"
        given = found if ids is None else f"{found} were given"
        raise InvalidArgument(
            f"{given}; give the ids of records, or a filter ({{}} for all records)", field="ids"
        )


def checked_versions(given: object, ids: Collection[str] | None) -> dict[str, int]:
    """Versions that records must have, by id.

    Args:
        given: a mapping, or None for no condition.
        ids: that the write names; None where it names a filter.

    Raises:
        InvalidArgument: no mapping of ids to versions, or an id that the write does not name.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _bad_versions(f"if_versions is a {type(given).__name__}")
    if given and ids is None:
        raise InvalidArgument(
            "if_versions was given with a filter; it goes with ids: give these instead",
            field="if_versions",
        )
    versions = {}
    for record, version in given.items():
        whole = isinstance(version, _INTEGERS) and not isinstance(version, bool)
        if not whole or not 0 <= version <= MAX_INT:
            raise _bad_versions(f"if_versions has {shorten(version)} for {shorten(record)}")
        versions[check_id(record)] = int(version)
    others = versions.keys() - set(ids or ())
    if others:
        raise InvalidArgument(
            f"if_versions names {sorted(others)[0]!r}, which is not among the records that are "
            "written; leave it out",
            field="if_versions",
        )
    return versions


def checked_mode(mode: str | WriteMode) -> WriteMode:
    """What a write expects of its ids.

    Raises:
        InvalidArgument: no mode.
    """
    try:
        return WriteMode(mode)
    except ValueError:
        raise InvalidArgument(
            f"the mode {shorten(mode)} is not known; use upsert, insert or update", field="mode"
        ) from None


def checked_key(key: object) -> str:
    """An idempotency key: 1 to 256 characters of text.

    Raises:
        InvalidArgument: anything else.
    """
    if not isinstance(key, str):
        raise InvalidArgument(
            f"idempotency_key is a {type(key).__name__}; give a string", field="idempotency_key"
        )
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        raise InvalidArgument(
            f"the idempotency key {shorten(key)} has {len(key)} characters; it must have 1 to "
            f"{MAX_KEY_CHARACTERS}",
            field="idempotency_key",
        )
    flaw = text_flaw(key)
    if flaw:
        raise InvalidArgument(
            f"the idempotency key {shorten(key)} contains {flaw}; remove it",
            field="idempotency_key",
        )
    return str.__str__(key)


def _values(given: Mapping[str, Any] | None, settings: Settings) -> dict[str, Any]:
    if given is None:
        return {}
    try:
        text = check_payload(given, settings)
    except InvalidRecord as error:
        raise InvalidArgument(f"what is to be set: {error.message}", field="set") from error
    values: dict[str, Any] = json.loads(text)
    return values


def _paths(unset: Iterable[str]) -> Iterable[tuple[str, ...]]:
    if isinstance(unset, str):
        raise InvalidArgument(
            f"unset is the single string {shorten(unset)}; give a list of keys", field="unset"
        )
    keys = list(unset)
    if len(keys) > MAX_UNSET:
        raise InvalidArgument(
            f"unset has {len(keys)} keys; at most {MAX_UNSET} are allowed: use several calls",
            field="unset",
        )
    return [_path(key) for key in keys]


def _path(key: str) -> tuple[str, ...]:
    try:
        return key_path(key)
    except InvalidFilter as error:
        raise InvalidArgument(f"unset: {error.message}", field="unset") from error


def _remove(payload: dict[str, Any], path: tuple[str, ...]) -> None:
    found: Any = payload
    for key in path[:-1]:
        if not isinstance(found, dict):
            return
        found = found.get(key)
    if isinstance(found, dict):
        found.pop(path[-1], None)


def _bad_versions(said: str) -> InvalidArgument:
    return InvalidArgument(
        f"{said}; give a dict of ids and whole versions of 0 (for none) or more",
        field="if_versions",
    )
