"""Servers in processes of their own. ``python -m benchmarks.served FOLDER`` serves a store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ground import SETTINGS
from benchmarks.measure import HERE

STOP_SECONDS = 60


@contextmanager
def server(module: str, *arguments: object) -> Iterator[str]:
    """A module that serves, as a process; gives its address.

    Raises:
        RuntimeError: it ended before it listened.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"{' '.join(command)} ended before it listened")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    """What ``vecstore serve`` does, with the settings of the benchmark."""
    from vecstore.service.server import serve

    serve(
        Path(sys.argv[1]),
        "127.0.0.1:0",
        settings=SETTINGS,
        ready=lambda address: print(address, flush=True),
    )


if __name__ == "__main__":
    main()
