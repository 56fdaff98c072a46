"""The command line of the drill."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

import vecstore
from benchmarks import machine
from benchmarks.reembedding_drill import report
from benchmarks.reembedding_drill.drill import Drill
from benchmarks.reembedding_drill.ground import HASHED, Way
from benchmarks.reembedding_drill.ledger import SHOWN
from benchmarks.reembedding_drill.texts import texts_in

# Texts beside those that are stored, which are asked with.
OTHERS = 500
# Of up to two batches, by each kill.
TWICE = 512
WIDTH = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold the drill and report.

    Returns:
        0 where nothing was lost or wrong, 1 where something was, or it came to a halt; 2 where the
        arguments are unusable.
    """
    given = _parser().parse_args(arguments)
    if given.folder and given.folder.exists() and any(given.folder.iterdir()):
        print(f"{given.folder}: is not empty; name another --folder", file=sys.stderr)
        return 2
    try:
        texts = texts_in(given.texts, given.records + OTHERS, given.seed)
    except (OSError, ValueError) as error:
        print(f"{given.texts}: {error}", file=sys.stderr)
        return 2
    way = Way(given.source, given.target, given.transform)
    stored = {f"r{n:07}": text for n, text in enumerate(texts[OTHERS:])}
    with _folder(given.folder) as folder, _shown() as show:
        drill = Drill(
            folder,
            way,
            stored,
            texts[:OTHERS],
            kills=given.kills,
            cores=given.cores,
            seed=given.seed,
            show=show,
        )
        try:
            drill.run()
        except (vecstore.VecstoreError, RuntimeError) as error:
            print(f"{drill.served.log}{error}", file=sys.stderr)
            _faults(drill)
            return 1
    if drill.found.again > TWICE * given.kills:
        drill.ledger.fault(f"{drill.found.again} vectors were made again by {given.kills} kills")
    lines = report.lines(drill, way, given.records)
    out = Console()
    (out if out.is_terminal else Console(width=WIDTH)).print(report.table(lines))
    _faults(drill)
    if given.json:
        whole = {"machine": machine.describe(), "found": lines, "faults": drill.ledger.faults}
        given.json.write_text(json.dumps(whole, indent=2) + "\n")
    return 1 if drill.ledger.faults else 0


def _faults(drill: Drill) -> None:
    for one in drill.ledger.faults[:SHOWN]:
        print(one, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reembedding_drill",
        description="Move a served store to another encoder while clients search and write, "
        "and kill its server meanwhile.",
    )
    add = parser.add_argument
    add("texts", type=Path, help="lines of text, or of columns with tabs (the last one); or .gz")
    add("--records", type=int, default=3000, help="how many are stored; 3000 where left out")
    add("--from", dest="source", default="hashing@1", metavar="MODEL@VERSION", help="hashing@1")
    add(
        "--to",
        dest="target",
        default=HASHED,
        metavar="MODEL@VERSION",
        help=f"an encoder that is there, or {HASHED}: the hashing one with other numbers",
    )
    add("--transform", default="", metavar="NAME", help="of the new vectors, such as truncate-128")
    add("--kills", type=int, default=3, help="of the server, spread over the filling; 3")
    add("--cores", type=float, default=0.5, help="share of them that encoding may use; 0.5")
    add("--seed", type=int, default=0, help="of what is drawn by chance")
    add("--folder", type=Path, help="an empty one, which is kept; one of the system's otherwise")
    add("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    return parser


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is None:
        with tempfile.TemporaryDirectory(prefix="vecstore-drill-") as folder:
            yield Path(folder)
        return
    given.mkdir(parents=True, exist_ok=True)
    yield given.resolve()


@contextmanager
def _shown() -> Iterator[Callable[[str], None]]:
    """Where somebody watches, what goes on, in one line."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("beginning") as status:
        yield status.update
