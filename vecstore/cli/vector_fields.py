"""Vector fields beside "default", on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from vecstore.errors import InvalidArgument
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


def read_fields(given: Sequence[str] | None) -> dict[str, str]:
    """Encoders by the names of the fields, of ``--field NAME=ENCODER``.

    Raises:
        InvalidArgument: one is not of this form, or a name comes twice.
    """
    fields: dict[str, str] = {}
    for one in given or ():
        name, equals, encoder = one.partition("=")
        if not (name and equals and encoder):
            raise InvalidArgument(
                f"--field {one!r} is not NAME=ENCODER; write for example --field image=clip@1",
                field="field",
            )
        if name in fields:
            raise InvalidArgument(
                f"--field {name}=... is given twice ({fields[name]} and {encoder}); give each "
                "field once",
                field="field",
            )
        fields[name] = encoder
    return fields


def shown_fields(info: CollectionInfo) -> dict[str, str]:
    """The fields beside "default", each as one line of a description."""
    return {f"field {field.name}": _line(field) for field in info.fields[1:]}


def _line(field: FieldInfo) -> str:
    indexed = "not open" if field.indexed is None else f"{field.indexed:,}"
    return f"{field.space}, {field.index} (vectors in it: {indexed})"
