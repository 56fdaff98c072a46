"""What was found out about an encoder, and what it says about itself: the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vecstore.spaces import Space


class Protocol(StrEnum):
    """How an encoder was judged."""

    LABELS = "labels"
    RETRIEVAL = "retrieval"
    PAIRS = "pairs"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, with the bounds of its 95 % interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None

    def interval(self, digits: int = 3) -> str:
        """The bounds in words, such as "0.827 to 0.896"; empty where there are none."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.low:.{digits}f} to {self.high:.{digits}f}"

    def __str__(self) -> str:
        """The number, and the bounds in brackets; such as "0.863 (0.827 to 0.896)"."""
        interval = self.interval()
        return f"{self.value:.3f} ({interval})" if interval else f"{self.value:.3f}"


@dataclass(frozen=True, slots=True)
class DataSummary:
    """What an encoder was judged on.

    Args:
        name: as a person knows it: a file's name, or a collection and a key. No path. What of it
            is no character, as in names of files that are not UTF-8, becomes ``?``.
        digest: sha256 (hex) of the content.
        counts: how much of it there is, such as ``{"inputs": 4500, "classes": 150}``.
    """

    name: str
    digest: str
    counts: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.encode(errors="replace").decode())

    @property
    def how_much(self) -> str:
        """The counts in words, such as "4,500 inputs, 150 classes, a sample of 9,000"."""
        return ", ".join(
            f"a sample of {count:,}" if name == "of" else f"{count:,} {name.replace('_', ' ')}"
            for name, count in self.counts.items()
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One judgement of one space, as it is on record. It never changes.

    Args:
        space: whose vectors were judged.
        protocol: by what.
        data: on what.
        seed: of everything random.
        settings: that decide figures, such as samples a class and draws.
        figures: by name, such as ``"clustering.v_measure"`` or ``"probe.accuracy@10"``.
        baselines: the same figures of what it was held against, by the baseline's name.
        created_at: ISO 8601, UTC.
        id: its number on record; 0 before it is.
    """

    space: Space
    protocol: Protocol
    data: DataSummary
    seed: int
    settings: Mapping[str, Any] = field(hash=False)
    figures: Mapping[str, Figure] = field(hash=False)
    baselines: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict, hash=False)
    created_at: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class TaskCard:
    """What a model was made for, as far as it says so itself.

    Args:
        trained_for: one sentence: the task, or "nothing: a fixed function".
        data: JSON values: kind, name, digest, counts and domain of what it was trained on, as far
            as they are known; the kind "none" where it was trained on nothing.
        source: where this is from, such as "the artifact's manifest" or "the model card".
    """

    trained_for: str
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationPage:
    """One page of evaluations, newest first; ``next_page_token`` is empty on the last one."""

    evaluations: tuple[Evaluation, ...]
    next_page_token: str = ""
