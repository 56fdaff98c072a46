"""``vecstore search``."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vecstore.cli import options, output
from vecstore.cli import search_options as asked
from vecstore.cli.hybrid import Fields, Hybrid, Text, Weights, read_sources
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument, InvalidFilter

if TYPE_CHECKING:
    from vecstore.records import Query

_GROUPS = "Groups"


def search(
    collection: options.CollectionName,
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="What to look for.", show_default=False)
    ] = None,
    k: asked.K = asked.DEFAULT_K,
    categories: Annotated[
        str | None,
        typer.Option(
            "--categories",
            metavar="JSON",
            help="""Search with categories by column, such as '{"hour": 7}'.""",
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="FILE", help="Search with an image: PNG, JPEG or WebP."),
    ] = None,
    where: options.Filter = None,
    record: Annotated[
        str | None,
        typer.Option("--id", metavar="RECORD", help="Search with a stored record's vector."),
    ] = None,
    record_of: Annotated[
        str | None,
        typer.Option(
            "--of", metavar="COLLECTION", help="With --id: the collection that the record is in."
        ),
    ] = None,
    vector: Annotated[
        str | None,
        typer.Option(
            "--vector",
            metavar="FILE",
            help="Search with a vector, as `vecstore encode --json` prints it; - for standard "
            "input.",
        ),
    ] = None,
    field: asked.Field = None,
    space: asked.Space = None,
    bridge: asked.Bridge = None,
    offset: asked.Offset = 0,
    min_score: asked.MinScore = None,
    max_score: asked.MaxScore = None,
    diversity: asked.Diversity = None,
    include_vectors: asked.Vectors = False,
    explain: asked.Explain = False,
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="KEY",
            help="The best hits for each value of a key of the payload.",
            rich_help_panel=_GROUPS,
        ),
    ] = None,
    groups: Annotated[
        int | None,
        typer.Option("--groups", help="How many.", show_default="10", rich_help_panel=_GROUPS),
    ] = None,
    group_size: Annotated[
        int | None,
        typer.Option(
            "--group-size", help="Hits of each.", show_default="1", rich_help_panel=_GROUPS
        ),
    ] = None,
    hybrid: Hybrid = False,
    text: Text = None,
    weight: Weights = None,
    fields: Fields = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Find the records nearest to a text, an image, categories, to a record, or to a vector."""
    sources = read_sources(hybrid, fields, text, weight)
    alone = sources is not None and sources.fields == () and query is None
    what: Any = None
    if not alone:
        what = _query(query, image, categories, record, record_of, vector)
    given = asked.keywords(
        parse_filter(where),
        field,
        offset,
        min_score,
        max_score,
        diversity,
        include_vectors,
        explain,
        space,
        bridge,
    )
    sizes = _sizes(group_by, groups, group_size, k)
    with open_target(data, server, database) as store:
        searched = store.collection(collection)
        if sources is not None:
            sources.answer(searched, what, k, given, group_by, as_json=as_json)
            return
        if group_by is not None:
            found = searched.search_groups(what, group_by, **sizes, **given)
        else:
            hits = searched.search(what, k=k, **given)
        calibration = partial(asked.calibration_of, searched, field, space)
        # While the store is open: what is said of a filtered query is searched for as it is shown.
        if as_json:
            from vecstore.cli import shapes

            output.print_json(shapes.hits(hits) if group_by is None else shapes.groups(found))
            return
        from vecstore.cli.hits import print_answer, print_groups

        if group_by is None:
            print_answer(hits, collection, calibration)
        else:
            print_groups(found, collection, group_by, calibration)


def _sizes(
    group_by: str | None, groups: int | None, group_size: int | None, k: int
) -> dict[str, int]:
    if group_by is not None and k != asked.DEFAULT_K:
        raise InvalidArgument(
            f"-k {k} says how many hits come back; with --group-by that is --groups and "
            "--group-size",
            field="k",
        )
    given = {"groups": groups, "group_size": group_size}
    sizes = {name: value for name, value in given.items() if value is not None}
    if sizes and group_by is None:
        option = "--" + next(iter(sizes)).replace("_", "-")
        raise InvalidArgument(
            f"{option} says how large groups are; it needs --group-by KEY", field="groups"
        )
    return sizes


def parse_filter(text: str | None) -> dict[str, Any] | None:
    """The object that ``--filter`` holds; what it means is the store's business.

    Raises:
        InvalidFilter: no JSON object.
    """
    if text is None:
        return None
    from vecstore.inputs import shorten

    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidFilter(
            f"--filter {shorten(text)} is not JSON ({error}); write for example "
            """--filter '{"kind": "function"}'""",
            field="filter",
        ) from None
    if not isinstance(value, dict):
        raise InvalidFilter(
            f"--filter {shorten(text)} is no JSON object; write for example "
            """--filter '{"kind": "function"}'""",
            field="filter",
        )
    return value


def _query(
    text: str | None,
    image: str | None,
    categories: str | None,
    record: str | None,
    record_of: str | None,
    vector: str | None,
) -> Query:
    from vecstore.records import RecordReference

    given = [value for value in (text, image, categories, record, vector) if value is not None]
    if len(given) != 1:
        raise InvalidArgument(
            f"{len(given)} queries were given; give exactly one of a QUERY text, --image "
            "FILE, --categories JSON, --id RECORD and --vector FILE",
            field="query",
        )
    if record_of is not None and record is None:
        raise InvalidArgument(
            f"--of {record_of} says where a record is; it needs --id RECORD", field="of"
        )
    if record is not None:
        return RecordReference(record, record_of)
    if image is not None:
        from vecstore.cli.pictures import image_argument

        return image_argument(image)
    if categories is not None:
        from vecstore.inputs import parse_categories

        return parse_categories(categories, "--categories")
    if vector is not None:
        from vecstore.cli.vectors import read_vector_file

        return read_vector_file(vector)
    return text or ""
