"""Names of vector fields, and the fields that a new collection is to have."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vecstore.answers import FULL_TEXT
from vecstore.errors import InvalidArgument
from vecstore.inputs.shown import shorten
from vecstore.records import DEFAULT_FIELD, NewField

# Of one collection, "default" among them.
MAX_FIELDS = 16

_FIELD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TAKEN = {
    DEFAULT_FIELD: "is the field of the collection's own encoder",
    FULL_TEXT: "stands for full text among the sources of a search",
}


def checked_fields(given: Mapping[str, str | NewField] | None) -> dict[str, NewField]:
    """Vector fields beside "default", by name.

    Raises:
        InvalidArgument: a name that is none or is taken, too many, or no encoder.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidArgument(
            f"fields is {shorten(given)}; give encoders by name, such as {{'image': 'clip@1'}}",
            field="fields",
        )
    if len(given) > MAX_FIELDS - 1:
        raise InvalidArgument(
            f"{len(given)} vector fields beside {DEFAULT_FIELD!r}; at most {MAX_FIELDS - 1} are "
            "allowed",
            field="fields",
        )
    return {_name(name): _field(name, one) for name, one in given.items()}


def _name(name: object) -> str:
    if not isinstance(name, str) or not _FIELD.fullmatch(name):
        raise InvalidArgument(
            f"{shorten(name)} is no name of a vector field; use letters, digits and ._- beginning "
            "with a letter or digit, at most 64 long",
            field="fields",
        )
    if name in _TAKEN:
        raise InvalidArgument(
            f"no vector field may be named {name!r}, which {_TAKEN[name]}; choose another name",
            field="fields",
        )
    return name


def _field(name: str, given: object) -> NewField:
    if isinstance(given, str):
        return NewField(given)
    if not isinstance(given, NewField):
        raise InvalidArgument(
            f"the field {name!r} is {shorten(given)}; give the name of an encoder, or a "
            "vecstore.NewField",
            field="fields",
        )
    return given
