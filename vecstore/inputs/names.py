"""Ids of records, and names of collections."""

from __future__ import annotations

import re

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
