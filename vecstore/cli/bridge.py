"""``vecstore bridge``: asking an older space with a newer model, before records are re-encoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from vecstore.bridges import BridgeInfo, OnProgress
    from vecstore.client import RemoteCollection
    from vecstore.collection import Collection

app = typer.Typer(
    no_args_is_help=True,
    help="Ask stored vectors with a newer model's queries, until records are re-encoded.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@app.command("fit")
def fit(
    old: Annotated[str, typer.Argument(metavar="OLD", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", show_default=False)],
    on: Annotated[
        str,
        typer.Option("--on", metavar="COLLECTION", show_default=False, help="Lives in OLD."),
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", show_default="NEW", help="The bridge's name."),
    ] = None,
    field: Annotated[
        str, typer.Option("--field", metavar="NAME", help="The vector field.")
    ] = "default",
    pairs: Annotated[
        int, typer.Option("--pairs", metavar="N", help="Stored inputs that NEW encodes.")
    ] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of what is held out.")] = 0,
    force: Annotated[
        str,
        typer.Option(
            "--force", metavar="REASON", show_default=False, help="Take a poor one, on record."
        ),
    ] = "",
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Fit a map from queries of NEW to the stored vectors of OLD, and judge it.

    NEW encodes stored inputs as queries; a fifth of them is held out. A bridge that finds less than
    0.90 of these again (recall@1) is refused, unless it is forced. Ctrl-C leaves nothing behind.
    """
    from vecstore.cli import shapes

    with open_target(data, server, database) as store:
        collection = store.collection(on)
        _require_lives(collection, field, old)
        called = name or re.sub(r"[^A-Za-z0-9._-]", "-", new)
        with _bar(new) as show:
            info = collection.fit_bridge(
                new,
                name=called,
                field=field,
                pairs=pairs,
                seed=seed,
                force=force,
                on_progress=show,
            )
    if as_json:
        output.print_json(shapes.bridge(info))
        return
    output.print_line(f"made the bridge {info.name} of {info.collection}")
    _print(info)
    there = "" if field == "default" else f" --field {field}"
    output.print_note(f"Use it with: vecstore search {on} QUERY --bridge {info.name}{there}")


@app.command("list")
def list_bridges(
    collection: options.CollectionName,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the bridges of a collection, with what they are worth."""
    from vecstore.cli import shapes

    with open_target(data, server, database) as store:
        found = store.collection(collection).list_bridges()
    if as_json:
        output.print_json({"bridges": [shapes.bridge(one) for one in found]})
        return
    output.print_table(
        ["name", "field", "from", "to", "recall@1", "overlap", "ceiling", "forced"],
        [
            [
                one.name,
                one.field,
                one.source.name,
                one.target.name,
                *(_value(one, name) for name in ("recall@1", "overlap", "ceiling")),
                one.forced,
            ]
            for one in found
        ],
        right=["recall@1", "overlap", "ceiling"],
    )


@app.command("delete")
def delete(
    collection: options.CollectionName,
    name: Name,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Forget a bridge; nothing that is stored changes."""
    with open_target(data, server, database) as store:
        store.collection(collection).delete_bridge(name)
    if as_json:
        output.print_json({"deleted": name})
    else:
        output.print_line(f"deleted the bridge {name} of {collection}")


def _require_lives(collection: Collection | RemoteCollection, field: str, old: str) -> None:
    """Raise InvalidArgument where a field does not live in the space that was named.

    One that is not there is for the fit to refuse.
    """
    spaces = [one.space for one in collection.info().fields if one.name == field]
    for space in spaces:
        if old not in (space.name, space.model, f"{space.model}@{space.version}"):
            raise InvalidArgument(
                f"the field {field!r} of {collection.name!r} lives in {space.name}, not in "
                f"{old!r}; write: vecstore bridge fit {space.name} NEW --on {collection.name}",
                field="old",
            )


@contextmanager
def _bar(new: str) -> Iterator[OnProgress | None]:
    """A bar on standard error where somebody watches; nothing elsewhere."""
    if not output.watched():
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=output.console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"loading {new}", total=None)

        def show(done: int, total: int) -> None:
            # What follows takes a moment, or a little longer where the pairs are many.
            doing = f"{new} encodes" if done < total else "fitting and judging"
            bar.update(task, description=doing, completed=done, total=total)

        yield show


def _print(info: BridgeInfo) -> None:
    fields = {
        "queries of": str(info.source),
        "stored vectors of": str(info.target),
        "map": f"{info.kind}, fitted on {info.pairs:,} inputs, judged on {info.held_out:,} others",
    }
    for name, one in info.figures.items():
        fields[name] = f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
    if info.forced:
        fields["forced"] = info.forced
    output.print_fields(fields)


def _value(info: BridgeInfo, name: str) -> str:
    found = info.figures.get(name)
    return "" if found is None else f"{found.value:.3f}"
