"""``vecstore update`` and ``vecstore delete``: records changed and deleted."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from vecstore.cli import options, output
from vecstore.cli.search import parse_filter
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Ids of records; or give --filter.", show_default=False),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="JSON",
        help="""All records whose payload fits, such as '{"kind": "function"}'; '{}' for all.""",
    ),
]
IfVersion = Annotated[
    int | None,
    typer.Option(
        "--if-version",
        min=0,
        metavar="N",
        show_default=False,
        help="With one ID: only if the record has this version, as `vecstore get` shows it.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="KEY",
        show_default=False,
        help="The same command with the same key again does nothing.",
    ),
]


def update(
    collection: options.CollectionName,
    ids: Ids = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=JSON",
            show_default=False,
            help="""Set a key at the top of the payload, such as year=2001 or 'kind="class"'.""",
        ),
    ] = None,
    unsets: Annotated[
        list[str] | None,
        typer.Option(
            "--unset",
            metavar="KEY",
            show_default=False,
            help="Remove a key; a.b is b inside a.",
        ),
    ] = None,
    where: Where = None,
    if_version: IfVersion = None,
    key: Key = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Change payloads. Nothing is encoded again; texts, images and vectors stay as they are."""
    values = _values(sets or [])
    if not values and not unsets:
        raise InvalidArgument(
            "there is nothing to set or to unset; give --set KEY=JSON, or --unset KEY", field="set"
        )
    parsed = parse_filter(where)
    with open_target(data, server, database) as store:
        number = store.collection(collection).update_payload(
            ids or None,
            filter=parsed,
            set=values or None,
            unset=unsets or [],
            if_versions=_versions(ids, if_version),
            idempotency_key=key,
        )
    if as_json:
        output.print_json({"collection": collection, "updated": number})
    else:
        output.print_line(f"updated {number:,} in {collection}")


def delete(
    collection: options.CollectionName,
    ids: Ids = None,
    where: Where = None,
    if_version: IfVersion = None,
    key: Key = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --filter: do not ask.")] = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Delete records. An id that is not there is no error."""
    parsed = parse_filter(where)
    with open_target(data, server, database) as store:
        target = store.collection(collection)
        if parsed is not None and not ids and not yes:
            _confirm(collection, target.count(parsed), parsed)
        number = target.delete(
            ids or None,
            filter=parsed,
            if_versions=_versions(ids, if_version),
            idempotency_key=key,
        )
    if as_json:
        output.print_json({"collection": collection, "deleted": number})
    else:
        of = f" of {len(ids)}" if ids else ""
        output.print_line(f"deleted {number:,}{of} from {collection}")


def _confirm(collection: str, count: int, where: dict[str, Any]) -> None:
    from vecstore.inputs import shorten

    which = f"that fit {shorten(where)}" if where else "(all of them)"
    records = f"{count:,} record{'' if count == 1 else 's'} of {collection} {which}"
    if not _on_a_terminal():
        raise InvalidArgument(
            f"deleting {records} needs a yes; there is no terminal to ask on, so say --yes",
            field="yes",
        )
    typer.confirm(f"Delete {records}?", abort=True, err=True)


def _values(given: Sequence[str]) -> dict[str, Any]:
    """``KEY=JSON`` once for each key."""
    values: dict[str, Any] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals or not name:
            raise InvalidArgument(
                f"--set {one} has no KEY=JSON; write for example --set year=2001", field="set"
            )
        if name in values:
            raise InvalidArgument(f"--set {name}=... was given twice; give it once", field="set")
        try:
            values[name] = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidArgument(
                f"--set {one}: {text!r} is not JSON; a string is written in quotes of its own, "
                f"""such as --set '{name}="text"'""",
                field="set",
            ) from None
    return values


def _versions(ids: Sequence[str] | None, version: int | None) -> dict[str, int] | None:
    if version is None:
        return None
    if ids is None or len(ids) != 1:
        raise InvalidArgument(
            f"--if-version goes with one ID, and {len(ids or ())} were given; give one",
            field="if_version",
        )
    return {ids[0]: version}


def _on_a_terminal() -> bool:
    return sys.stdin.isatty()
