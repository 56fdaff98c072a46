"""One line of the table: every store's figure, and what vecstore's should be."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.figures import Bar
from benchmarks.peers.rounds import Measured


@dataclass(frozen=True, slots=True)
class Row:
    """One measured line.

    Args:
        what: what was measured.
        cells: by engine, for people.
        against: the engine that the ratio is to.
        ratio: vecstore's figure over that one's, with its quartiles over the rounds.
        bar: what the ratio should be.
        note: what a reader must know.
    """

    what: str
    cells: dict[str, str]
    against: str = ""
    ratio: tuple[float, float, float] | None = None
    bar: Bar | None = None
    note: str = ""
    fair: bool = field(default=True)

    @property
    def verdict(self) -> str:
        """met, missed, or nothing where there is no bar."""
        if self.bar is None or self.ratio is None:
            return ""
        return "met" if self.fair and self.bar.met(self.ratio[1]) else "missed"

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        bar = None if self.bar is None else str(self.bar)
        return {**asdict(self), "bar": bar, "verdict": self.verdict}


def cell(measured: Measured) -> str:
    """Queries a second, recall@10, and ef."""
    ef = f", ef {measured.ef}" if measured.ef else ""
    recall = "" if measured.recall is None else f" ({measured.recall:.3f}{ef})"
    return f"{measured.rate:,.0f} q/s{recall}"


def speed_row(
    what: str,
    found: dict[str, Measured],
    ours: str,
    peers: tuple[str, ...],
    bar: Bar | None,
    *,
    same_recall: bool = True,
    note: str = "",
) -> Row:
    """vecstore beside the quickest of some peers.

    Args:
        what: what was measured.
        found: by engine.
        ours: vecstore's engine.
        peers: which of the others count.
        bar: what the ratio should be.
        same_recall: whether vecstore's recall must be that of the quickest peer, or better.
        note: what a reader must know.
    """
    cells = {name: cell(one) for name, one in found.items()}
    known = [found[name] for name in peers if name in found]
    if not known:
        return Row(what, cells, note=note)
    best = max(known, key=lambda one: one.rate)
    mine = found[ours]
    fair = not same_recall or (mine.recall or 0.0) >= (best.recall or 0.0) - 0.002
    return Row(what, cells, best.name, mine.over(best), bar, note, fair)
