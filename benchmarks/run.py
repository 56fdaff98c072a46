"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from rich.console import Console

from benchmarks import (
    encode,
    image_encoding,
    image_training,
    ingest,
    machine,
    masked_tokens,
    memory,
    photos,
    reembedding,
    remote,
    restart,
    search,
    table,
    unfamiliar,
    word_context,
)
from benchmarks.figures import Figure
from benchmarks.ground import FEWEST_QUERIES, Ground
from benchmarks.peers.page import kept
from benchmarks.vectors import vectors_in

# In the order of the report. The first that needs an index builds it.
MEASUREMENTS: dict[str, Callable[[Ground], list[Figure]]] = {
    module.NAME: module.run
    for module in (
        search,
        unfamiliar,
        remote,
        ingest,
        encode,
        reembedding,
        restart,
        memory,
        word_context,
        masked_tokens,
        image_training,
        image_encoding,
    )
}
DEFAULT_SIZES = "20000,100000"
DEFAULT_ROUNDS = 41
WIDTH = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report.

    Returns:
        0 whatever the figures say; 2 where the arguments are unusable.
    """
    given = _parser().parse_args(arguments)
    out, progress = Console(), Console(stderr=True)
    if not out.is_terminal:
        out = Console(width=WIDTH)
    try:
        rows, sizes = vectors_in(given.data), _sizes(given.sizes)
        _require_enough(rows, sizes)
    except (OSError, ValueError) as error:
        print(f"{given.data}: {error}", file=sys.stderr)
        return 2
    if given.images and not photos.found(given.images):
        print(f"{given.images}: {photos.NONE}", file=sys.stderr)
        return 2
    about = machine.describe()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="vecstore-bench-") as folder:
        ground = Ground(rows, sizes, given.rounds, Path(folder), given.images)
        for name in given.only or MEASUREMENTS:
            figures += _measured(name, ground, progress)
    out.print(table.rich_table(figures))
    for sentence in table.sentences(figures):
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if given.json:
        report = {"machine": about, "figures": [figure.to_json() for figure in figures]}
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    if given.write:
        beside = kept(given.write)
        given.write.write_text(table.page(figures, about) + (f"\n{beside}" if beside else ""))
    return 0


def _measured(name: str, ground: Ground, progress: Console) -> list[Figure]:
    if not progress.is_terminal:
        return MEASUREMENTS[name](ground)
    with progress.status(f"measuring {name}"):
        found = MEASUREMENTS[name](ground)
    progress.print(table.rich_table(found))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("data", type=Path, help="vectors: a .npy file of shape (n, dim)")
    parser.add_argument("--sizes", default=DEFAULT_SIZES, help="how many to store, with commas")
    parser.add_argument(
        "--only", action="append", choices=list(MEASUREMENTS), help="measure this; may be repeated"
    )
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="photos; some are drawn where none are given"
    )
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS, help="alternating rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page of the docs")
    return parser


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(sorted({int(part) for part in text.split(",")}))
    if sizes[0] < 1:
        raise ValueError(f"--sizes {text}: whole numbers above 0 are needed")
    return sizes


def _require_enough(rows: NDArray[Any], sizes: tuple[int, ...]) -> None:
    needed = sizes[-1] + FEWEST_QUERIES
    if len(rows) < needed:
        raise ValueError(
            f"{len(rows)} vectors; {sizes[-1]} to store and {FEWEST_QUERIES} to ask with are "
            "needed: choose smaller --sizes"
        )
