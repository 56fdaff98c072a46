"""Vector fields beside "default", on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from vecstore.records import BesideInfo, CollectionInfo, FieldInfo

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
    """The fields beside "default", and spaces beside the live ones, each as one line."""
    shown = {f"field {field.name}": _line(field, field.index) for field in info.fields[1:]}
    return {**_shown_beside(info.fields[:1], "space"), **shown, **_shown_beside(info.fields[1:])}


def _shown_beside(fields: Iterable[FieldInfo], called: str = "") -> dict[str, str]:
    """What is beside the live spaces: ``{"staged space": ...}``, ``{"staged title": ...}``."""
    return {
        f"{field.beside.state} {called or field.name}": _line(field.beside, field.index)
        for field in fields
        if field.beside is not None
    }


def _line(one: FieldInfo | BesideInfo, index: str) -> str:
    indexed = "not open" if one.indexed is None else f"{one.indexed:,}"
    return f"{one.space}, {index} (vectors in it: {indexed})"
