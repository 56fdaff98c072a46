"""A vecstore server for the kill tests: ``server.py DATA ADDRESS_FILE [--early] [--listen=...]``.

With ``--early`` it acknowledges before it commits: the negative control, which the test must catch.
"""

import sys
import time
from pathlib import Path

from vecstore.config import Settings
from vecstore.service import serve
from vecstore.storage.writer import Writer
from vecstore.storage.writes import Written


def acknowledge_early() -> None:
    commit = Writer._commit

    def early(self, group):
        for operation in group:
            operation.future.set_result(Written(len(group)))
        time.sleep(0.02)
        for operation in group:
            operation.future = type(operation.future)()
        commit(self, group)

    Writer._commit = early


def main() -> None:
    data, address_file, *flags = sys.argv[1:]

    def ready(address: str) -> None:
        if "--early" in flags:
            acknowledge_early()
        path = Path(address_file)
        path.with_suffix(".new").write_text(address)
        path.with_suffix(".new").replace(path)

    named = [flag.removeprefix("--listen=") for flag in flags if flag.startswith("--listen=")]
    listen = named[0] if named else "127.0.0.1:0"
    serve(data, listen, settings=Settings(snapshot_seconds=0.05), ready=ready)


if __name__ == "__main__":
    main()
