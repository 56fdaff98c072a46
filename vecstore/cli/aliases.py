"""``vecstore aliases``: other names of collections, and switching them."""

from __future__ import annotations

from typing import Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument

app = typer.Typer(
    no_args_is_help=True, help="Other names of collections, which can be switched at one moment."
)

Alias = Annotated[str, typer.Argument(metavar="ALIAS", show_default=False)]


@app.command("list")
def list_aliases(
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the aliases, and what each of them stands for."""
    with open_target(data, server, database) as store:
        found = store.list_aliases()
    _print(found, as_json)


@app.command("set")
def set_alias(
    alias: Alias,
    collection: options.CollectionName,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Let ALIAS stand for COLLECTION from now on, whatever it stood for before."""
    with open_target(data, server, database) as store:
        store.set_alias(alias, collection)
        found = store.list_aliases()
    if as_json:
        _print(found, as_json)
    else:
        output.print_line(f"{alias} stands for {collection} now")


@app.command("switch")
def switch(
    pairs: Annotated[
        list[str],
        typer.Argument(
            metavar="ALIAS=COLLECTION...", show_default=False, help="All are switched, or none."
        ),
    ],
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Switch several aliases at one moment: all of them, or none.

    Whoever searches or writes by an alias goes on without noticing: each call is answered from one
    collection, the old one or the new one.
    """
    given = dict(_pair(one) for one in pairs)
    if len(given) < len(pairs):
        raise InvalidArgument("an alias is given twice; say once what it stands for", field="alias")
    with open_target(data, server, database) as store:
        found = store.update_aliases(given)
    if as_json:
        _print(found, as_json)
        return
    for alias, collection in given.items():
        output.print_line(f"{alias} stands for {collection} now")


@app.command("delete")
def delete(
    alias: Alias,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Delete an alias. Its collection stays."""
    with open_target(data, server, database) as store:
        store.delete_alias(alias)
        found = store.list_aliases()
    if as_json:
        _print(found, as_json)
    else:
        output.print_line(f"deleted the alias {alias}")


def _print(found: dict[str, str], as_json: bool) -> None:
    if as_json:
        output.print_json({"aliases": found})
    else:
        output.print_table(["alias", "collection"], [list(pair) for pair in found.items()])


def _pair(text: str) -> tuple[str, str]:
    alias, equals, collection = text.partition("=")
    if not equals:
        raise InvalidArgument(
            f"{text!r} switches nothing; give ALIAS=COLLECTION, such as live=docs-2", field="alias"
        )
    return alias, collection
