"""Vector fields beside "default", on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from vecstore.records import CollectionInfo, FieldInfo

NewFields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="NAME=ENCODER",
        show_default=False,
        help="One more vector field, in a space of its own; may be given several times.",
    ),
]


def read_pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """What an option that is given as FIELD=VALUE, several times, says of each field.

    Raises:
        InvalidArgument: one is not of this form, or a field comes twice.
    """
    pairs: dict[str, str] = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            raise InvalidArgument(
                f"{option} {one!r} does not say what the field gets; write for example "
                f"{option} title=...",
                field="field",
            )
        if name in pairs:
            raise InvalidArgument(
                f"{option} {name}=... is given twice ({pairs[name]} and {value}); give each field "
                "once",
                field="field",
            )
        pairs[name] = value
    return pairs


def shown_fields(info: CollectionInfo) -> dict[str, str]:
    """The fields beside "default", each as one line of a description."""
    return {f"field {field.name}": _line(field) for field in info.fields[1:]}


def _line(field: FieldInfo) -> str:
    indexed = "not open" if field.indexed is None else f"{field.indexed:,}"
    return f"{field.space}, {field.index} (vectors in it: {indexed})"
