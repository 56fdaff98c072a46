"""``vecstore operations``: work that goes on beyond the command that began it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vecstore.cli import options, output
from vecstore.cli.copyable import told
from vecstore.cli.interruption import Interrupted
from vecstore.cli.target import open_target

if TYPE_CHECKING:
    from vecstore.operations import Operation

app = typer.Typer(no_args_is_help=True, help="Work that goes on, such as re-embeddings.")

Id = Annotated[
    str,
    typer.Argument(metavar="ID", show_default=False, help="As `vecstore operations list` says."),
]


@app.command("list")
def list_operations(
    every: Annotated[bool, typer.Option("--all", help="Those that are over as well.")] = False,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List what is under way, or waits for somebody."""
    with open_target(data, server, database) as store:
        found = list(map(told, store.list_operations(include_done=every)))
    if as_json:
        output.print_json({"operations": [_shape(one) for one in found]})
    elif not found:
        output.print_line("nothing is under way")
    else:
        output.print_table(
            ["id", "kind", "of", "state", "done", "message"],
            [
                [one.id, one.kind, one.subject, _state(one), f"{one.progress:.0%}", one.message]
                for one in found
            ],
            right=["done"],
            wrapped=["message"],
        )


@app.command("show")
def show(
    id_: Id,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show one operation."""
    with open_target(data, server, database) as store:
        _print(told(store.operation(id_)), as_json)


@app.command("cancel")
def cancel(
    id_: Id,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Give one up: what it worked on is as if it had never been begun."""
    with open_target(data, server, database) as store:
        _print(told(store.cancel_operation(id_)), as_json)


@app.command("watch")
def watch(
    id_: Id,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Watch one until it needs somebody or is over; --json prints one line for each look.

    Ctrl-C ends the watching alone.
    """
    from vecstore.cli.operations_bar import operation_bar
    from vecstore.cli.reembed_bar import EVERY

    with open_target(data, server, database) as store:
        try:
            with operation_bar() as look:
                for last in map(told, store.watch_operation(id_, EVERY)):
                    look(last)
                    if as_json:
                        output.print_json(_shape(last))
        except KeyboardInterrupt:
            raise Interrupted("Interrupted: it goes on where it is worked on.") from None
    if not as_json:
        _print(last, as_json=False)


def _print(one: Operation, as_json: bool) -> None:
    if as_json:
        output.print_json(_shape(one))
        return
    fields = {
        "id": one.id,
        "kind": one.kind,
        "of": one.subject,
        "state": _state(one),
        "done": f"{one.progress:.0%}",
        "message": one.message,
        "error": one.error,
        "started": one.created_at,
        "ended": one.ended_at,
    }
    output.print_fields({name: value for name, value in fields.items() if value})


def _state(one: Operation) -> str:
    return one.state.replace("_", " ")


def _shape(one: Operation) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "subject": one.subject,
        "state": one.state,
        "done": one.done,
        "progress": one.progress,
        "message": one.message,
        "error": one.error,
        "created_at": one.created_at,
        "ended_at": one.ended_at,
    }
