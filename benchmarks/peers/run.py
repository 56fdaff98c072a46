"""The command line."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.peers import page
from benchmarks.peers.ground import PEERS, QUERIES, Ground
from benchmarks.peers.growth import growth
from benchmarks.peers.measurements import MEASUREMENTS
from benchmarks.peers.rows import Row
from benchmarks.vectors import vectors_in

DEFAULT_SIZE, DEFAULT_ROUNDS = 100_000, 9
DEFAULT_GROWTH = "10000,100000,1000000"
WIDTH = 220


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report.

    Returns:
        0 whatever the figures say; 2 where the arguments are unusable.
    """
    given = _parser().parse_args(arguments)
    try:
        rows = vectors_in(given.data)
        if len(rows) <= 2 * QUERIES:
            raise ValueError(f"{len(rows)} vectors; more than {2 * QUERIES} are needed")
        versions = _versions(given.peers)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"{given.data}: {error}", file=sys.stderr)
        return 2
    out, progress = Console(), Console(stderr=True)
    if not out.is_terminal:
        out = Console(width=WIDTH)
    about = {**machine.describe(), **versions}
    found: list[Row] = []
    sizes = tuple(int(part) for part in given.growth.split(",") if part)
    with tempfile.TemporaryDirectory(prefix="vecstore-peers-", dir=given.folder) as folder:
        names = tuple(given.engine or PEERS)
        ground = Ground(rows, given.size, given.rounds, Path(folder), given.peers, names)
        steps: dict[str, Callable[[], list[Row]]] = {
            name: lambda name=name: MEASUREMENTS[name](ground)  # type: ignore[misc]
            for name in MEASUREMENTS
        }
        steps["growth"] = lambda: growth(ground, sizes)
        for name in given.only or steps:
            progress.print(f"measuring {name}")
            part = steps[name]()
            out.print(page.rich_table(part))
            found += part
            if given.json:
                report = {"machine": about, "rows": [row.to_json() for row in found]}
                given.json.write_text(json.dumps(report, indent=2) + "\n")
    if given.write:
        page.put(given.write, page.section(found, about))
    return 0


def _versions(peers: Path) -> dict[str, str]:
    names = ("qdrant-edge-py", "chromadb", "lancedb", "milvus-lite", "pymilvus")
    ask = (
        "import importlib.metadata as m, json, sys; "
        "print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    )
    done = subprocess.run(
        [str(peers), "-c", ask, *names], stdout=subprocess.PIPE, text=True, check=True
    )
    versions: dict[str, str] = json.loads(done.stdout)
    return versions


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("data", type=Path, help="vectors: a .npy file of shape (n, dim)")
    parser.add_argument(
        "--peers", type=Path, required=True, help="a Python that has the peers installed"
    )
    parser.add_argument("--size", type=int, default=DEFAULT_SIZE, help="how many to store")
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS, help="turns of every store")
    parser.add_argument("--growth", default=DEFAULT_GROWTH, help="sizes to grow to, with commas")
    parser.add_argument("--engine", action="append", choices=PEERS, help="only this peer")
    parser.add_argument(
        "--only", action="append", choices=[*MEASUREMENTS, "growth"], help="measure this alone"
    )
    parser.add_argument("--folder", type=Path, help="where stores are built; 12 GB for a million")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows as JSON")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the section into a page")
    return parser
