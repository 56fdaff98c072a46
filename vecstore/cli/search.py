"""``vecstore search``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vecstore.cli import options, output
from vecstore.cli.calibrate import NOT_EVALUATED, sentence
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument, InvalidFilter

if TYPE_CHECKING:
    from vecstore.records import Hits, Query


def search(
    collection: options.CollectionName,
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="What to look for.", show_default=False)
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many hits.")] = 10,
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
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Find the records nearest to a text, an image, categories, to a record, or to a vector."""
    from vecstore.cli import shapes

    asked = _query(query, image, categories, record, record_of, vector)
    parsed = parse_filter(where)
    with open_target(data, server, database) as store:
        searched = store.collection(collection)
        hits = searched.search(asked, k=k, filter=parsed)
        calibration = None if as_json else searched.info().calibration
    if as_json:
        output.print_json(shapes.hits(hits))
        return
    if hits:
        _print_hits(hits)
    else:
        output.print_note(f"no hits in {collection}")
    if hits.unfamiliarity is not None:
        say = output.print_line if hits else output.print_note
        say(sentence(hits.unfamiliarity, calibration))
    if hits and not hits.encoder_evaluated:
        output.print_note(f"{hits.space.name}: {NOT_EVALUATED}")


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


def _print_hits(hits: Hits) -> None:
    output.print_table(
        ["score", "id", "text", "payload"],
        [
            [
                f"{hit.score:.4f}",
                hit.id,
                _first_line(hit.text),
                json.dumps(dict(hit.payload), ensure_ascii=False) if hit.payload else "",
            ]
            for hit in hits
        ],
        right=["score"],
        cut={"text": 2, "payload": 1},
    )


def _first_line(text: str | None, limit: int = 200) -> str:
    line = (text or "").strip().partition("\n")[0]
    return line if len(line) <= limit else line[: limit - 3] + "..."
