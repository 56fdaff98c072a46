"""``vecstore get``, ``list`` and ``count``: the records of a collection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.search import parse_filter
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from vecstore.client import RemoteCollection
    from vecstore.collection import Collection
    from vecstore.records import Record

Vectors = Annotated[bool, typer.Option("--vectors", help="With --json: the vectors too.")]

PAGE = 500


def get(
    collection: options.CollectionName,
    ids: options.RecordIds,
    vectors: Vectors = False,
    save_image: Annotated[
        str | None,
        typer.Option(
            "--save-image",
            metavar="FILE",
            show_default=False,
            help="With one ID: write its image to a new file.",
        ),
    ] = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show records; with --json one a line, in the form that `vecstore add` reads."""
    if save_image is not None and len(ids) != 1:
        raise InvalidArgument(
            f"--save-image writes one image, and {len(ids)} ids were given; give one", field="ids"
        )
    with open_target(data, server, database) as store:
        found = store.collection(collection).get(ids, include_vectors=vectors)
    if save_image is not None:
        from vecstore.cli.pictures import save

        save(found[0], save_image)
    print_records(found, as_json)


def list_records(
    collection: options.CollectionName,
    where: options.Filter = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many.", show_default="all")
    ] = None,
    vectors: Vectors = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List records; with --json one a line, in the form that `vecstore add` reads."""
    parsed = parse_filter(where)
    with open_target(data, server, database) as store:
        listed = _pages(store.collection(collection), parsed, limit, vectors)
        print_records(listed, as_json)


def count(
    collection: options.CollectionName,
    where: options.Filter = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Count records."""
    parsed = parse_filter(where)
    with open_target(data, server, database) as store:
        number = store.collection(collection).count(parsed)
    if as_json:
        output.print_json({"collection": collection, "count": number})
    else:
        output.print_line(str(number))


def _pages(
    collection: Collection | RemoteCollection,
    where: dict[str, object] | None,
    limit: int | None,
    vectors: bool,
) -> Iterator[Record]:
    token, left = "", limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        page = collection.list(
            page_size=size, page_token=token, filter=where, include_vectors=vectors
        )
        yield from page.records
        token = page.next_page_token
        if not token:
            return
        left = None if left is None else left - len(page.records)


def print_records(records: Iterable[Record], as_json: bool) -> None:
    """Records, with JSON one a line."""
    from vecstore.cli import shapes

    if as_json:
        output.print_json_lines(shapes.record(record) for record in records)
        return
    for record in records:
        output.print_fields(_fields(record))
        output.print_line("")


def _fields(record: Record) -> dict[str, str]:
    fields = {"id": record.id}
    if record.image is not None:
        from vecstore.cli import shapes

        form = shapes.image(record.image)
        size = f"{form['width']} x {form['height']} pixels"
        fields["image"] = f"{form['format']}, {size}, {form['bytes']:,} bytes"
    elif record.categories is None:
        fields["text"] = record.text or ""
    else:
        fields["categories"] = _readable(record.categories)
    fields["payload"] = _readable(record.payload)
    return fields if record.version is None else {**fields, "version": str(record.version)}


def _readable(values: Mapping[str, object]) -> str:
    return json.dumps(dict(values), ensure_ascii=False)
