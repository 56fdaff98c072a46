"""Options of every command that searches by nearness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vecstore.calibrations import Calibration
    from vecstore.client import RemoteCollection
    from vecstore.collection import Collection
    from vecstore.searches import SearchKeywords

DEFAULT_K = 10
_RANKING = "Which hits"

K = Annotated[int, typer.Option("-k", help="How many hits.")]
Field = Annotated[
    str | None,
    typer.Option(
        "--field", metavar="NAME", show_default="default", help="The vector field to search."
    ),
]
Space = Annotated[
    str | None,
    typer.Option(
        "--space",
        metavar="MODEL@VERSION",
        show_default="the live one",
        help="Search the field in this space, which it is moving to or has left.",
    ),
]
Bridge = Annotated[
    str | None,
    typer.Option(
        "--bridge",
        metavar="NAME",
        help="Encode the query with the newer model of this bridge, and map it.",
    ),
]
Offset = Annotated[
    int, typer.Option("--offset", help="Hits to pass over first.", rich_help_panel=_RANKING)
]
MinScore = Annotated[
    float | None,
    typer.Option("--min-score", help="Only hits of this score or more.", rich_help_panel=_RANKING),
]
MaxScore = Annotated[
    float | None,
    typer.Option("--max-score", help="Only hits of this score or less.", rich_help_panel=_RANKING),
]
Diversity = Annotated[
    float | None,
    typer.Option(
        "--diversity",
        metavar="0..1",
        help="How much a hit that resembles those before it is put back.",
        rich_help_panel=_RANKING,
    ),
]
Vectors = Annotated[
    bool, typer.Option("--include-vectors", help="With --json: the vectors of the hits too.")
]
Explain = Annotated[bool, typer.Option("--explain", help="Say how the answer was found, and why.")]


def keywords(
    parsed: object,
    field: str | None,
    offset: int,
    min_score: float | None,
    max_score: float | None,
    diversity: float | None,
    include_vectors: bool,
    explain: bool,
    space: str | None = None,
    bridge: str | None = None,
) -> SearchKeywords:
    """The options that were given, as a search takes them."""
    given = {
        "filter": parsed,
        "field": field,
        "offset": offset or None,
        "min_score": min_score,
        "max_score": max_score,
        "diversity": diversity,
        "include_vectors": include_vectors or None,
        "explain": explain or None,
        "space": space,
        "bridge": bridge,
    }
    return {  # type: ignore[return-value]  # of those keys
        name: value for name, value in given.items() if value is not None
    }


def calibration_of(
    searched: Collection | RemoteCollection, field: str | None, space: str | None
) -> Calibration | None:
    """By what the field tells the unfamiliar, for the sentence that says it."""
    if space or field not in (None, "default"):
        return None
    return searched.info().calibration
