"""``vecstore reembed``: a vector field moves to another space while it goes on answering."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli import reembed_options as asked
from vecstore.cli.copyable import told
from vecstore.cli.interruption import Interrupted
from vecstore.cli.reembed_options import decision
from vecstore.cli.reembed_place import Place
from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    from vecstore.client.reembedding import RemoteReembedding
    from vecstore.reembedding.reembedding import Reembedding
    from vecstore.reembeddings import ReembedStatus

app = typer.Typer(
    no_args_is_help=True,
    help="Move a collection to another encoder while it goes on answering.",
)

_CORES = 0.5
_UNDECIDED, _BELOW_GATE = 2, 3


@app.command("plan")
def plan(
    collection: options.CollectionName,
    to: asked.To,
    transform: options.Transform = "",
    cores: asked.Cores = None,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Say what it would take: records, time, disk, what cannot move. Changes nothing."""
    from vecstore.cli import reembed_shapes, reembed_tables

    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        share = _CORES if cores is None else cores
        found = told(moving.plan(to, transform=transform, cores=share))
    if as_json:
        output.print_json(reembed_shapes.plan(found))
    else:
        target = ["--to", to, *(["--transform", transform] if transform else [])]
        reembed_tables.print_plan(found, place, target)


@app.command("start")
def start(
    collection: options.CollectionName,
    to: asked.To,
    transform: options.Transform = "",
    gate: asked.Gates = None,
    queries: asked.Queries = None,
    switch: asked.Switch = "manual",
    brought: asked.Brought = None,
    without_input: asked.WithoutInput = None,
    failures: asked.Failures = None,
    cores: asked.Cores = None,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Fill the new space beside the live one, which goes on answering; every write reaches both.

    With --data it is worked on until it needs somebody: Ctrl-C stops the work, and `resume` goes
    on. With --server it goes on in the server. Nothing is switched unless --switch auto says so.
    Leaves with 3 below a gate, and with 2 where something is to be decided first.
    """
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        begun = moving.start(
            to,
            transform=transform,
            gates=gate or (),
            queries=queries,
            switch=switch,
            brought=decision(brought) or "ask",
            without_input=decision(without_input) or "ask",
            failures=decision(failures) or "ask",
            cores=_CORES if cores is None else cores,
        )
        return _went_on(moving, begun, place, as_json)


@app.command("status")
def status(
    collection: options.CollectionName,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Say how far it is, what blocks it, and what may be done next."""
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        _print(moving.status(), place, as_json)


@app.command("watch")
def watch(
    collection: options.CollectionName,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Watch it until it needs somebody or is over; --json prints one status a line.

    The work is done by the server, or by the `start` or `resume` that was given --data: with
    --data, this shows once how it stands. Ctrl-C ends the watching alone.
    """
    from vecstore.cli import reembed_shapes
    from vecstore.cli.reembed_bar import EVERY, watched_to_its_end

    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        try:
            if as_json:
                for last in moving.watch(EVERY):
                    output.print_json(reembed_shapes.status(told(last)))
            else:
                last = watched_to_its_end(moving.watch(EVERY)) or moving.status()
        except KeyboardInterrupt:
            raise Interrupted("Interrupted: it goes on where it is worked on.") from None
    if not as_json:
        _print(last, place, as_json)
    return _code(last)


@app.command("pause")
def pause(
    collection: options.CollectionName,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Stop filling after the batch under way; writes go on reaching both spaces."""
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        _print(moving.pause(), place, as_json)


@app.command("resume")
def resume(
    collection: options.CollectionName,
    gate: asked.Gates = None,
    no_gates: Annotated[
        bool, typer.Option("--no-gates", help="Let no gate hold it up any longer.")
    ] = False,
    brought: asked.Brought = None,
    without_input: asked.WithoutInput = None,
    failures: asked.Failures = None,
    retry_failures: Annotated[
        bool, typer.Option("--retry-failures", help="Encode again what was refused.")
    ] = False,
    judge_again: Annotated[
        bool, typer.Option("--judge-again", help="Judge again what was judged.")
    ] = False,
    cores: asked.Cores = None,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Go on where it was, with other decisions where these are given; works as `start` does."""
    if gate and no_gates:
        raise InvalidArgument("--gate and --no-gates exclude each other; give one", field="gate")
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        begun = moving.resume(
            brought=decision(brought),
            without_input=decision(without_input),
            failures=decision(failures),
            cores=cores,
            retry_failures=retry_failures,
            judge_again=judge_again,
            gates=() if no_gates else gate,
        )
        return _went_on(moving, begun, place, as_json)


@app.command("cancel")
def cancel(
    collection: options.CollectionName,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Let the new space go: the collection is as if it had never been begun."""
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        _print(_given_back(moving.cancel, place), place, as_json)


@app.command("switch")
def switch_over(
    collection: options.CollectionName,
    leave_out_failures: Annotated[
        bool,
        typer.Option(
            "--leave-out-failures",
            help="Leave out what the new encoder refused; that is on record then.",
        ),
    ] = False,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Let the new space be live, at one moment; `rollback` goes back until `finish`."""
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        _print(moving.switch(leave_out_failures=leave_out_failures), place, as_json)


@app.command("rollback")
def roll_back(
    collection: options.CollectionName,
    leave_out: Annotated[
        bool,
        typer.Option(
            "--leave-out", help="Leave out records that have a vector in the new space alone."
        ),
    ] = False,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Let the old space be live again, at one moment; nothing written since is lost."""
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        _print(moving.rollback(leave_out=leave_out), place, as_json)


@app.command("finish")
def finish(
    collection: options.CollectionName,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Let the old space go, and give its disk back. There is no way back.

    Records that were left out of the new space keep their payload and their stored input.
    """
    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        _print(_given_back(moving.finish, place), place, as_json)


@app.command("failures")
def failures_of(
    collection: options.CollectionName,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the records that the encoder refused, each with its reason."""
    from vecstore.cli import reembed_shapes, reembed_tables

    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        found = moving.failures()
    if as_json:
        output.print_json(reembed_shapes.failures(found))
    else:
        reembed_tables.print_failures(found)


@app.command("report")
def report(
    collection: options.CollectionName,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write it as a page.")
    ] = None,
    field: asked.Field = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show what the judging found: both spaces' figures and gates, and answers side by side."""
    from vecstore.cli import reembed_shapes, reembed_tables
    from vecstore.reembedding.report import judged, write_reembed_page

    place = Place(collection, field, data, server, database)
    with place.open() as moving:
        found = told(moving.status())
    judgement = judged(found)
    if html is not None:
        write_reembed_page(Path(html), found)
    if as_json:
        output.print_json(reembed_shapes.report(judgement))
    else:
        reembed_tables.print_report(found, judgement)
    if html is not None:
        output.print_note(f"wrote {html}")


def _went_on(
    moving: Reembedding | RemoteReembedding, begun: ReembedStatus, place: Place, as_json: bool
) -> int:
    """Wait for the work of this process; that of a server goes on by itself."""
    if place.server:
        _print(begun, place, as_json)
        return 0
    from vecstore.cli.reembed_bar import EVERY, watched_to_its_end

    try:
        last = watched_to_its_end(moving.watch(EVERY)) or begun
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted: what is filled stays, and writes go on reaching both spaces; go on with: "
            f"{place.command('resume')}"
        ) from None
    _print(last, place, as_json)
    return _code(last)


def _given_back(let_go: Callable[[], ReembedStatus], place: Place) -> ReembedStatus:
    """Let a space go, and wait until its room has been given back."""
    try:
        return let_go()
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted: room that is not given back yet is given back by the server, or by the "
            f"next re-embedding; see how it stands with: {place.command('status')}"
        ) from None


def _print(status: ReembedStatus, place: Place, as_json: bool) -> None:
    status = told(status)
    if as_json:
        from vecstore.cli import reembed_shapes

        output.print_json(reembed_shapes.status(status))
    else:
        from vecstore.cli import reembed_tables

        reembed_tables.print_status(status, place)


def _code(status: ReembedStatus) -> int:
    """What a command leaves with that waited: whether somebody has to do something first."""
    from vecstore.reembeddings import ReembedState

    codes = {
        ReembedState.BELOW_GATE: _BELOW_GATE,
        ReembedState.FILLED: _UNDECIDED,
        ReembedState.STOPPED: _UNDECIDED,
    }
    return codes.get(status.state, 0)
