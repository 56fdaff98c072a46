"""``vecstore search --hybrid``: vector fields and words together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import output
from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from vecstore.client import RemoteCollection
    from vecstore.collection import Collection
    from vecstore.records import Query
    from vecstore.searches import SearchKeywords

_HYBRID = "Vectors and words together"

Hybrid = Annotated[
    bool,
    typer.Option(
        "--hybrid",
        help="Search vector fields and full text, fused by rank alone.",
        rich_help_panel=_HYBRID,
    ),
]
Text = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="WORDS",
        show_default="QUERY",
        help="Words for the full text; '' for none.",
        rich_help_panel=_HYBRID,
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weight",
        metavar="SOURCE=NUMBER",
        show_default="1",
        help="How much a vector field, or full_text, weighs; may be given several times.",
        rich_help_panel=_HYBRID,
    ),
]
Fields = Annotated[
    str | None,
    typer.Option(
        "--fields",
        metavar="A,B",
        show_default="default",
        help="The vector fields to search; '' for words alone.",
        rich_help_panel=_HYBRID,
    ),
]


@dataclass(frozen=True, slots=True)
class Sources:
    """What a hybrid search is made of, as it was written."""

    fields: tuple[str, ...]
    text: str | None
    weights: dict[str, float]

    def answer(
        self,
        collection: Collection | RemoteCollection,
        query: Query | None,
        k: int,
        given: SearchKeywords,
        group_by: str | None,
        *,
        as_json: bool,
    ) -> None:
        """Search, and print what was found.

        Raises:
            InvalidArgument: an option that does not go with several sources.
        """
        from vecstore.cli import hits, shapes

        refused = [name for name in given if name not in ("filter", "offset", "bridge")]
        if group_by is not None:
            refused.append("group_by")
        if refused:
            option = refused[0].replace("_", "-")
            raise InvalidArgument(
                f"--{option} does not go with --hybrid; leave one of the two out", field="hybrid"
            )
        found = collection.search_hybrid(
            query,
            k,
            fields=self.fields,
            text=self.text,
            weights=self.weights,
            filter=given.get("filter"),
            offset=given.get("offset", 0),
            bridge=given.get("bridge", ""),
        )
        if as_json:
            output.print_json(shapes.fused_hits(found))
        else:
            hits.print_fused(found, collection.name)


def read_sources(
    hybrid: bool, fields: str | None, text: str | None, weights: Sequence[str] | None
) -> Sources | None:
    """What ``--hybrid`` and its options say; None where it is not given.

    Raises:
        InvalidArgument: options of it without it, or a weight that is none.
    """
    if not hybrid:
        for option, given in (("--text", text), ("--fields", fields), ("--weight", weights)):
            if given:
                raise InvalidArgument(
                    f"{option} says what a hybrid search looks at; give --hybrid as well",
                    field="hybrid",
                )
        return None
    named = "default" if fields is None else fields
    return Sources(
        tuple(name.strip() for name in named.split(",") if name.strip()),
        text,
        dict(_weight(one) for one in weights or ()),
    )


def _weight(written: str) -> tuple[str, float]:
    name, _, number = written.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise InvalidArgument(
            f"--weight {written!r} is not SOURCE=NUMBER; write for example --weight full_text=0.5",
            field="weight",
        ) from None
