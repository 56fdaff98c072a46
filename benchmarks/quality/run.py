"""Train every task of a suite, judge it, and print one table."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.quality.report import page, rich_table, sentences
from benchmarks.quality.rows import Row
from vecstore.errors import VecstoreError

WIDTH = 150
MET, MISSED, NO_DATA, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class Bench:
    """What a task is judged with.

    Args:
        data: the folder of the data sets.
        folder: for stores.
        minutes: the budget of each training; None for what the suite has chosen.
        seeds: one training each, where the suite lets them be chosen.
    """

    data: Path
    folder: Path
    minutes: float | None = None
    seeds: tuple[int, ...] = (1,)


@dataclass(frozen=True, slots=True)
class Suite:
    """Tasks that make one table.

    Args:
        package: where the tasks' modules are; each has ``rows(bench) -> list[Row]``.
        modules: their names by task, in the order of the table.
        beginning: of the page of the documentation.
    """

    package: str
    modules: Mapping[str, str]
    beginning: str

    def parser(self, description: str | None) -> argparse.ArgumentParser:
        """The arguments that all suites have."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.package}", description=description)
        parser.add_argument("data", type=Path, help="the folder of the data sets")
        parser.add_argument(
            "--only", action="append", choices=list(self.modules), help="this; may be repeated"
        )
        parser.add_argument("--write", type=Path, metavar="FILE", help="write the page of the docs")
        return parser

    def run(self, given: argparse.Namespace, bench: Bench) -> int:
        """Judge what is asked for, and report.

        Args:
            given: what :meth:`parser` has read.
            bench: data and folder.

        Returns:
            0 where every bar is met, 1 where one is missed or a task failed, 2 where data is not
            there, 130 where somebody stopped it. What was judged until then is printed.
        """
        found = _Judged()
        for task in given.only or self.modules:
            if not self._judged(task, bench, found):
                break
        _print(found.rows)
        if given.write and found.rows:
            text = page(self.beginning, found.rows, machine.describe())
            given.write.write_text(text, encoding="utf-8")
        return found.code or exit_code(found.rows)

    def _judged(self, task: str, bench: Bench, found: _Judged) -> bool:
        """Judge one task; whether to go on with the next."""
        judge = importlib.import_module(f"{self.package}.{self.modules[task]}")
        progress = Console(stderr=True)
        began = time.monotonic()
        try:
            with progress.status(f"training and judging {task}"):
                rows: list[Row] = judge.rows(bench)
        except FileNotFoundError as error:
            print(f"{error.filename} is not there; DATA must hold it", file=sys.stderr)
            found.code = NO_DATA
            return False
        except KeyboardInterrupt:
            print(f"{task}: stopped", file=sys.stderr)
            found.code = INTERRUPTED
            return False
        except VecstoreError as error:
            print(f"{task}: failed: {error}", file=sys.stderr)
            found.code = MISSED
            return True
        print(f"{task}: {(time.monotonic() - began) / 60:.1f} minutes", file=sys.stderr)
        if progress.is_terminal:
            progress.print(rich_table(rows))
        found.rows += rows
        return True


@dataclass(slots=True)
class _Judged:
    """The rows so far; a code other than 0 says why some are missing."""

    rows: list[Row] = field(default_factory=list)
    code: int = MET


def exit_code(rows: Iterable[Row]) -> int:
    """0 where every bar is met, 1 elsewhere."""
    return MET if all(row.met for row in rows) else MISSED


def _print(rows: list[Row]) -> None:
    out = Console()
    if not out.is_terminal:
        out = Console(width=WIDTH)
    out.print(rich_table(rows))
    for sentence in sentences(rows):
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)
