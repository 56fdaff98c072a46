"""Options of the commands that move a vector field to another space."""

from __future__ import annotations

from typing import Annotated

import typer

_WHAT = "What cannot be encoded as it is"
_JUDGED = "Before the switch"

Field = Annotated[
    str | None,
    typer.Option(
        "--field", metavar="NAME", show_default="default", help="The vector field that moves."
    ),
]
To = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="MODEL@VERSION",
        show_default=False,
        help="The encoder of the new space; `vecstore encoders list` shows them.",
    ),
]
Cores = Annotated[
    float | None,
    typer.Option(
        "--cores",
        metavar="SHARE",
        show_default="0.5",
        help="Share of the cores that encoding may use, above 0 up to 1.",
    ),
]
Gates = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="FIGURE>=BOUND",
        help="What must hold before the switch, such as 'retrieval.ndcg@10>=live' or "
        "'probe.accuracy@10>=0.7'; repeatable.",
        rich_help_panel=_JUDGED,
    ),
]
Queries = Annotated[
    str | None,
    typer.Option(
        "--queries",
        metavar="FILE",
        help='Queries of your own, to judge both spaces by: lines such as {"query": "two dogs", '
        '"relevant": ["a"]}.',
        rich_help_panel=_JUDGED,
    ),
]
Switch = Annotated[
    str,
    typer.Option(
        "--switch",
        metavar="manual|auto",
        help="Who switches: you, or the re-embedding as soon as nothing blocks it.",
        rich_help_panel=_JUDGED,
    ),
]
Brought = Annotated[
    str | None,
    typer.Option(
        "--brought",
        metavar="ask|encode|carry|leave-out",
        help="Vectors that callers brought beside a stored input: encode the input, carry the "
        "vector over by a map, or leave the record out.",
        rich_help_panel=_WHAT,
    ),
]
WithoutInput = Annotated[
    str | None,
    typer.Option(
        "--without-input",
        metavar="ask|carry|leave-out",
        help="Records without a stored input: carry their vectors over, or leave them out.",
        rich_help_panel=_WHAT,
    ),
]
Failures = Annotated[
    str | None,
    typer.Option(
        "--failures",
        metavar="ask|leave-out",
        help="Records that the new encoder refuses.",
        rich_help_panel=_WHAT,
    ),
]


def decision(value: str | None) -> str | None:
    """A choice as the library spells it."""
    return None if value is None else value.replace("-", "_")
