"""Emoji: each with a name, and drawn by two artists."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality.votes import Ints

FOLDER = Path("emoji")
STYLES = ("noto", "twemoji")
SHARE = 0.1
_SEED = 20


@dataclass(frozen=True, slots=True)
class Emoji:
    """All emoji.

    Args:
        names: one each.
        noto: the bytes of Noto's pictures, in the order of the names.
        twemoji: of Twemoji's.
        known: places of the names to train on, where some are held out.
        held_out: places of the others.
    """

    names: list[str]
    noto: list[bytes]
    twemoji: list[bytes]
    known: Ints
    held_out: Ints

    def __len__(self) -> int:
        return len(self.names)

    def pairs(self, pictures: list[bytes], places: Ints | None = None) -> list[tuple[bytes, str]]:
        """Pictures with their names, all of them or some."""
        chosen = range(len(self)) if places is None else places
        return [(pictures[place], self.names[place]) for place in chosen]


def read(data: Path) -> Emoji:
    """Read and divide, always alike.

    Args:
        data: the folder that holds ``emoji/names.csv`` and ``emoji/{noto,twemoji}/*.png``.
    """
    folder = data / FOLDER
    with (folder / "names.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    noto, twemoji = (
        [(folder / style / row["file"]).read_bytes() for row in rows] for style in STYLES
    )
    order = np.random.default_rng(_SEED).permutation(len(rows))
    cut = max(1, round(SHARE * len(rows)))
    names = [row["name"] for row in rows]
    return Emoji(names, noto, twemoji, np.sort(order[cut:]), np.sort(order[:cut]))
