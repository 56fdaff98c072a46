"""One line of the report: two values, their ratio, and what the ratio should be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure should be.

    Args:
        limit: the smallest value that is good enough, or with ``most`` the largest.
        most: whether ``limit`` is an upper one.
    """

    limit: float
    most: bool = False

    def met(self, value: float) -> bool:
        """Whether a value is good enough."""
        return value <= self.limit if self.most else value >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.most else '≥'} {self.limit:,g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured line.

    Args:
        measurement: the module that measured it.
        what: what was measured, for people.
        ours, peer: the two sides with their units, for people; ``peer`` is empty where there is
            none.
        value: what the bar is held against: a ratio, or a plain value where there is no peer.
        low, high: quartiles of ``value`` over the rounds, where there were rounds.
        bar: what ``value`` should be; None for a figure that only stands beside another.
        note: what a reader must know.
        plain: whether ``value`` is our side itself, and no ratio.
    """

    measurement: str
    what: str
    ours: str
    peer: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bar: Bar | None = None
    note: str = ""
    plain: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none, or nothing was measured."""
        if self.bar is None or self.value is None:
            return None
        return self.bar.met(self.value)

    @property
    def verdict(self) -> str:
        """``met``, ``missed``, ``skipped`` or nothing."""
        if self.value is None and self.bar is not None:
            return "skipped"
        return {None: "", True: "met", False: "missed"}[self.met]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        values = asdict(self)
        values["bar"] = None if self.bar is None else str(self.bar)
        values["verdict"] = self.verdict
        return values
