"""The entry point ``vecstore``: the commands, and what becomes of errors.

Exit codes: 0 for success, 2 for anything that the caller can put right, 3 where a gate of `vecstore
evaluate` or `vecstore reembed` is not passed, 130 after Ctrl-C, and 1 for a bug.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, NoReturn

import typer

from vecstore.cli import (
    add,
    aliases,
    backup,
    bridge,
    changing,
    collections,
    compare,
    copyable,
    db,
    describe,
    dimensions,
    encode,
    encoders,
    evaluate,
    exports,
    facets,
    imports,
    models,
    operations,
    output,
    plugins,
    recommend,
    records,
    reembed,
    search,
    serve,
    spaces,
    tasks,
    train,
    transforms,
)
from vecstore.cli.interruption import Interrupted
from vecstore.cli.logs import warnings_shown
from vecstore.errors import InternalError, VecstoreError

BUG, USAGE, INTERRUPTED = 1, 2, 130
STDOUT = 1

app = typer.Typer(
    name="vecstore",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from vecstore import __version__

        output.print_line(f"vecstore {__version__}")
        raise typer.Exit


@app.callback()
def vecstore(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Semantic search in which an embedding always knows which model made it.

    A first round, in the folder ./vecstore-data:

        vecstore collections create docs --encoder hashing
        vecstore add docs FILE.jsonl
        vecstore search docs "what I am looking for"

    Every command takes --data DIR (a store in a folder) or --server HOST:PORT (a running
    `vecstore serve`), and --json.
    """


app.command("serve")(serve.serve)
app.command("add")(add.add)
app.command("import")(imports.import_records)
app.command("export")(exports.export_records)
app.command("search")(search.search)
app.command("recommend")(recommend.recommend)
app.command("get")(records.get)
app.command("list")(records.list_records)
app.command("count")(records.count)
app.command("update")(changing.update)
app.command("delete")(changing.delete)
app.command("facets")(facets.facets)
app.command("sample")(facets.sample)
app.add_typer(collections.app, name="collections")
app.add_typer(aliases.app, name="aliases")
app.add_typer(encoders.app, name="encoders")
app.command("train")(train.train)
app.add_typer(models.app, name="models")
app.add_typer(tasks.app, name="tasks")
app.add_typer(transforms.app, name="transforms")
app.command("dimensions")(dimensions.dimensions)
app.command("encode")(encode.encode)
app.command("describe")(describe.describe)
app.add_typer(bridge.app, name="bridge")
app.command("compare")(compare.compare)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(spaces.app, name="spaces")
app.add_typer(reembed.app, name="reembed")
app.add_typer(operations.app, name="operations")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(backup.app, name="backups")
app.add_typer(db.app, name="db")
app.add_typer(plugins.app, name="plugins")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given or ["--help"]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        Its exit code.
    """
    as_json = _wants_json(arguments)
    try:
        with warnings_shown(as_json=as_json):
            code = _invoke(arguments, as_json)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _interrupted()
    except (BrokenPipeError, SystemExit) as error:
        # Typer and Rich leave with SystemExit where the pipe is closed that they write to.
        if not isinstance(error.__context__ or error, BrokenPipeError):
            raise
        # Whoever read the output has seen enough. Nothing may be flushed into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
        code = 0
    return code


def _invoke(arguments: Sequence[str], as_json: bool) -> int:
    try:
        command = _command()
        copyable.begin(command)
        result: Any = command(list(arguments), prog_name="vecstore", standalone_mode=False)
    except Interrupted as error:
        return _interrupted(str(error))
    except VecstoreError as error:
        output.print_error(error, as_json=as_json)
        return BUG if isinstance(error, InternalError) else USAGE
    except typer.Abort:
        output.print_note("Aborted: nothing was changed.")
        return USAGE
    except Exception as error:  # noqa: BLE001 - a bug becomes one sentence
        if hasattr(error, "format_message"):
            return _usage_error(error, as_json)
        return _bug(error, as_json)
    return _exit_code(result)


def _exit_code(result: object) -> int:
    """What a command returned, or what the parser made of Ctrl-C."""
    if result == INTERRUPTED:
        return _interrupted()
    return result if isinstance(result, int) else 0


def _interrupted(note: str = "Interrupted.") -> int:
    output.print_note(note)
    return INTERRUPTED


@cache
def _command() -> Any:
    return typer.main.get_command(app)


def _usage_error(error: Any, as_json: bool) -> int:
    """A wrong option or argument, found by the parser."""
    if as_json:
        output.write_error("USAGE", error.format_message(), as_json=True)
    else:
        error.show()
    return USAGE


def _bug(error: Exception, as_json: bool) -> int:
    if os.environ.get("VECSTORE_DEBUG") == "1":
        traceback.print_exception(error)
    output.write_error(
        "INTERNAL",
        f"this is a bug in vecstore: {type(error).__name__}: {error}. Run the command again with "
        "VECSTORE_DEBUG=1 in the environment for the whole stack, and report it",
        as_json=as_json,
    )
    return BUG


def _wants_json(arguments: Sequence[str]) -> bool:
    """Known before parsing, so that a wrong option is reported as JSON too."""
    before_dashes = list(arguments)
    if "--" in before_dashes:
        before_dashes = before_dashes[: before_dashes.index("--")]
    return "--json" in before_dashes


if __name__ == "__main__":
    main()
