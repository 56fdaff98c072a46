"""Train every pretext task on real data, judge it, and print one table: ``make quality-text``."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.quality_text.report import page, rich_table, sentences
from benchmarks.quality_text.rows import Row

# In the order of the table. next-sentence starts from what masked-tokens has trained.
MODULES = {
    "word-context": "word_context",
    "masked-tokens": "masked_tokens",
    "next-sentence": "next_sentence",
    "categories": "categories",
}
WIDTH = 150


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and judge.

    Returns:
        0 where every bar is met, 1 where one is missed, 2 where the data is not there.
    """
    given = _parser().parse_args(arguments)
    out, progress = Console(), Console(stderr=True)
    if not out.is_terminal:
        out = Console(width=WIDTH)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="vecstore-quality-") as folder:
        for task in given.only or MODULES:
            try:
                rows += _judged(task, given.data, Path(folder), progress)
            except FileNotFoundError as error:
                print(f"{error.filename} is not there; DATA must hold it", file=sys.stderr)
                return 2
    out.print(rich_table(rows))
    for sentence in sentences(rows):
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if given.write:
        given.write.write_text(page(rows, machine.describe()), encoding="utf-8")
    return exit_code(rows)


def exit_code(rows: Iterable[Row]) -> int:
    """0 where every bar is met, 1 elsewhere."""
    return 0 if all(row.met for row in rows) else 1


def _judged(task: str, data: Path, folder: Path, progress: Console) -> list[Row]:
    judge = importlib.import_module(f"benchmarks.quality_text.{MODULES[task]}")
    began = time.monotonic()
    with progress.status(f"training and judging {task}"):
        rows: list[Row] = judge.rows(data, folder)
    print(f"{task}: {(time.monotonic() - began) / 60:.1f} minutes", file=sys.stderr)
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality_text", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of the data sets")
    parser.add_argument(
        "--only", action="append", choices=list(MODULES), help="this task; may be repeated"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page of the docs")
    return parser
