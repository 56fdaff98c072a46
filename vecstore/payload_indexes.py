"""Declared indexes of payload keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vecstore.errors import InvalidArgument

FULL_TEXT_INPUT = "$text"
"""The key that stands for the text of a record's own input, where an index of type text is made."""


class IndexType(StrEnum):
    """What values of a key an index holds; values of other types are found without it."""

    KEYWORD = "keyword"  # strings and booleans, whole
    INTEGER = "integer"
    FLOAT = "float"  # any number
    DATETIME = "datetime"  # strings in ISO 8601
    TEXT = "text"  # the words of strings, for full-text search


@dataclass(frozen=True, slots=True)
class PayloadIndex:
    """One declared index.

    Args:
        key: as filters write it, ``a.b`` for ``b`` inside ``a``; ``$text`` for the text of the
            record's own input.
        type: what it holds.
    """

    key: str
    type: IndexType


def as_index_type(given: str | IndexType) -> IndexType:
    """A type by its name.

    Raises:
        InvalidArgument: there is no such type.
    """
    try:
        return IndexType(given)
    except ValueError:
        raise InvalidArgument(
            f"there is no index of type {repr(given)[:60]}; use one of {', '.join(IndexType)}",
            field="type",
        ) from None
