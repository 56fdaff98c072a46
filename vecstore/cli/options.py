"""Options that many commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA = Path("vecstore-data")

_WHICH = "Which store"


def _one_store(
    context: typer.Context, parameter: typer.CallbackParam, value: str | None
) -> str | None:
    """At most one of --data and --server; the command line beats the environment."""
    name = str(parameter.name)
    other = "server" if name == "data" else "data"
    if value is None or context.params.get(other) is None:
        return value
    if on_command_line(context, other) and not on_command_line(context, name):
        return None
    raise typer.BadParameter(
        "--data (a store in a folder) and --server (a running server) exclude each other; "
        "give one of them, and mind VECSTORE_DATA and VECSTORE_SERVER in the environment",
        ctx=context,
    )


def on_command_line(context: typer.Context, name: str) -> bool:
    """Whether an option was written there, rather than in the environment or nowhere."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="VECSTORE_DATA",
        callback=_one_store,
        show_default=f"./{DEFAULT_DATA}",
        help="Folder of an embedded store.",
        rich_help_panel=_WHICH,
    ),
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="HOST:PORT",
        envvar="VECSTORE_SERVER",
        callback=_one_store,
        help="A running server, instead of --data.",
        rich_help_panel=_WHICH,
    ),
]
DataOnly = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="VECSTORE_DATA",
        show_default=f"./{DEFAULT_DATA}",
        help="Folder of the store.",
        rich_help_panel=_WHICH,
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="VECSTORE_DATABASE",
        show_default="SQLite in the folder",
        help="The catalog's database, such as postgresql+psycopg://user@host/name.",
        rich_help_panel=_WHICH,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
CollectionName = Annotated[
    str, typer.Argument(metavar="COLLECTION", help="The collection's name.", show_default=False)
]
Filter = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="JSON",
        help="""Only records whose payload fits, such as '{"kind": "function"}'.""",
    ),
]
Transform = Annotated[
    str,
    typer.Option(
        "--transform",
        metavar="NAME",
        show_default="none",
        help="What is done to the encoder's vectors: truncate-N, or one of "
        "`vecstore transforms list`.",
    ),
]
RecordIds = Annotated[
    list[str], typer.Argument(metavar="ID", help="Ids of records.", show_default=False)
]


class MetricName(StrEnum):
    """The metrics, spelt here so that showing help needs no numpy."""

    COSINE = "cosine"
    IP = "ip"
    L2 = "l2"


class RoleName(StrEnum):
    """The roles of an input, spelt here for the same reason."""

    DOCUMENT = "document"
    QUERY = "query"


class OnError(StrEnum):
    """What becomes of a bad row or image."""

    STOP = "stop"
    SKIP = "skip"


Metric = Annotated[MetricName, typer.Option("--metric", help="How distance is measured.")]


def data_path(data: str | None) -> Path:
    """The folder that ``--data`` names, or the default one."""
    return Path(data) if data else DEFAULT_DATA
