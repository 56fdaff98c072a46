"""The file of texts that the drill is given."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path


def texts_in(path: Path, count: int, seed: int) -> list[str]:
    """Texts of a file, drawn by chance.

    Args:
        path: lines of text or of columns with tabs between them, of which the last one is taken;
            gzip where the name ends with ``.gz``. Equal texts are taken once.
        count: how many.

    Raises:
        OSError, ValueError: the file cannot be read, or has not so many.
    """
    found = list(dict.fromkeys(_lines(path)))
    if len(found) < count:
        raise ValueError(
            f"{len(found)} different texts; {count} are needed: choose fewer --records"
        )
    return random.Random(seed).sample(found, count)


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            text = line.rstrip("\n").rpartition("\t")[2].strip()
            if text:
                yield text
