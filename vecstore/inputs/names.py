"""Ids of records, and names of collections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vecstore.errors import InvalidArgument, InvalidRecord
from vecstore.inputs.shown import shorten, text_flaw

MAX_ID_CHARACTERS = 512

_COLLECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def check_id(id: object) -> str:
    """A record's id.

    Raises:
        InvalidRecord: not a str of 1 to 512 characters, or not storable.
    """
    if not isinstance(id, str) or not 1 <= len(id) <= MAX_ID_CHARACTERS:
        size = f" of {len(id)} characters" if isinstance(id, str) else ""
        raise InvalidRecord(
            f"the id {shorten(id)} is a {type(id).__name__}{size}; an id is a str of 1 to "
            f"{MAX_ID_CHARACTERS} characters",
            field="id",
        )
    flaw = text_flaw(id)
    if flaw:
        raise InvalidRecord(
            f"the id {shorten(id)} contains {flaw}; an id may hold any other character",
            field="id",
        )
    return id


def check_collection_name(name: object) -> str:
    """A collection's name.

    Raises:
        InvalidArgument: not a name.
    """
    if not isinstance(name, str) or not _COLLECTION.fullmatch(name):
        raise InvalidArgument(
            f"{shorten(name)} is not a collection name; use letters, digits and ._- beginning "
            "with a letter or digit, at most 128 long",
            field="collection",
        )
    return name


def is_bridge_name(name: object) -> bool:
    """Whether a bridge may be called so."""
    return isinstance(name, str) and _COLLECTION.fullmatch(name) is not None


def check_bridge_name(name: str) -> None:
    """Raise InvalidArgument unless a bridge may be called so."""
    if not is_bridge_name(name):
        raise InvalidArgument(
            f"{shorten(name)} is not a bridge's name; use letters, digits and ._- beginning with "
            "a letter or digit, at most 128 long",
            field="name",
        )


def checked_aliases(given: object, removed: object) -> tuple[dict[str, str], list[str]]:
    """Collections by alias, and aliases to delete, as names that may be looked for.

    Raises:
        InvalidArgument: other types, no names, or an alias both to be set and to be deleted.
    """
    if not isinstance(given, Mapping):
        raise InvalidArgument(
            f"set is {shorten(given)}; give collections by alias, such as {{'live': 'docs-2'}}",
            field="set",
        )
    if isinstance(removed, str) or not isinstance(removed, Sequence):
        raise InvalidArgument(
            f"delete is {shorten(removed)}; give a list of aliases", field="delete"
        )
    for name in (*given, *given.values(), *removed):
        check_collection_name(name)
    both = [alias for alias in removed if alias in given]
    if both:
        raise InvalidArgument(
            f"the alias {both[0]!r} is to be set and to be deleted; say one of the two",
            field="delete",
        )
    return dict(given), list(dict.fromkeys(removed))
