"""Vectors that are to be reduced: those that are stored, and those that are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vecstore.evaluation.dimensions import Rows, asked_rows, held_out_rows
from vecstore.evaluations import DataSummary
from vecstore.spaces import FloatArray, Space


class Side(NamedTuple):
    """Some vectors.

    Args:
        vectors: shape (n, dim), float32.
        labels: one for each; None where there are none.
    """

    vectors: FloatArray
    labels: Sequence[str] | None

    def rows(self, rows: Rows) -> Side:
        """Some of them."""
        labels = None if self.labels is None else [self.labels[row] for row in rows]
        return Side(self.vectors[rows], labels)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Vectors to be reduced.

    Args:
        all: of which some are held out.
        test: what is held out instead; None for a part of ``all``.
        space: where they live.
        data: what they are of.
        notes: what was left out of the data and why.
        external: whether the vectors are made elsewhere.
    """

    all: Side
    test: Side | None
    space: Space
    data: DataSummary
    notes: tuple[str, ...] = ()
    external: bool = False

    def divided(self, seed: int) -> tuple[Side, Side]:
        """What is stored, and what is held out."""
        if self.test is not None:
            return self.all, self.test.rows(asked_rows(len(self.test.vectors), seed))
        stay, held = held_out_rows(len(self.all.vectors), seed)
        return self.all.rows(stay), self.all.rows(held)
