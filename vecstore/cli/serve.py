"""``vecstore serve``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vecstore.cli import options, output


def serve(
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="Where to listen, on this machine only; port 0 takes a free one.",
        ),
    ] = "127.0.0.1:50051",
    reflection: Annotated[
        bool,
        typer.Option("--reflection/--no-reflection", help="Let tools such as grpcurl look."),
    ] = True,
    data: options.DataOnly = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Serve a store over gRPC until Ctrl-C or SIGTERM, which let calls under way end.

    The folder is made where it is not there yet. The address is printed when it listens.
    """
    from vecstore.service.server import serve as run_server

    folder = options.data_path(data)

    def ready(address: str) -> None:
        if as_json:
            output.print_json({"listening": address, "data": str(folder)})
        else:
            output.print_line(f"serving {folder} on {address}; Ctrl-C stops")
        sys.stdout.flush()

    run_server(folder, listen, database=database, reflection=reflection, ready=ready)
