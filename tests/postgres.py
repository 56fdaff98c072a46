"""Runs a PostgreSQL of a test run's own, where its binaries are present."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import USER, PostgresServer

_OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses="
# Waits on its input, and clears up when that ends, be it by the death of the test run.
_KEEPER = """
"$1/pg_ctl" start -w -t 60 -s -D data -l log -o "$2" || exit 1
echo ready
read -r _
"$1/pg_ctl" stop -m immediate -w -s -D data
rm -rf "$PWD"
"""


@contextlib.contextmanager
def running() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test run's own, on loopback; skips where there is none."""
    binaries = _binaries()
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="vecstore-postgres-"))
    try:
        if account:
            os.chown(folder, account["user"], account["group"])
        _initialise(binaries, folder, account)
        with _serve(binaries, folder, account) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """The folder of initdb and pg_ctl: PG_BIN, PATH, or where Debian puts it."""
    on_path = shutil.which("initdb")
    candidates = [
        Path(os.environ.get("PG_BIN", "/nonexistent")),
        *([Path(on_path).resolve().parent] if on_path else []),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    ]
    for folder in candidates:
        if all((folder / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    pytest.skip("no PostgreSQL: initdb and pg_ctl are in none of PG_BIN, PATH, /usr/lib/postgresql")


def _account() -> dict[str, Any]:
    """Whom the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip("no PostgreSQL: running as root, and there is no user postgres or nobody")


def _initialise(binaries: Path, folder: Path, account: dict[str, Any]) -> None:
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        "data",
        "-U",
        USER,
        "-A",
        "trust",
        "--no-sync",
    ]
    command += ["--encoding=UTF8", "--locale=C"]
    # A collation that is not the order of code points, so that relying on the default one shows.
    icu = ["--locale-provider=icu", "--icu-locale=en-US"]
    for extra in (icu, list[str]()):
        done = subprocess.run(
            [*command, *extra], cwd=folder, capture_output=True, text=True, check=False, **account
        )
        if done.returncode == 0:
            return
        shutil.rmtree(folder / "data", ignore_errors=True)
    raise RuntimeError(f"initdb failed: {done.stderr}")


@contextlib.contextmanager
def _serve(binaries: Path, folder: Path, account: dict[str, Any]) -> Iterator[PostgresServer]:
    port = _free_port()
    options = f"{_OPTIONS}127.0.0.1 -p {port} -k {folder}"
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "sh", binaries, options],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **account,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        if keeper.stdout.readline() != "ready\n":
            log = folder / "log"
            raise RuntimeError(
                f"PostgreSQL did not start: {log.read_text() if log.exists() else ''}"
            )
        yield PostgresServer(port)
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=60)
        keeper.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
