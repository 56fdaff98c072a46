"""What the drill measured."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Found:
    """Figures of one drill.

    Args:
        ingested: seconds of storing the records.
        alone: texts a second of the new encoder alone, before and after.
        planned, planned_bytes: seconds and bytes that the plan said.
        filling, away, ready: seconds until the last vector was begun, those of them without a
            server, and until it was judged.
        made, again: new vectors that were begun, and those of them that had been begun before.
        kills: of each, whether the space was still being filled.
        switches, rolled_back: seconds.
        disk: bytes, by when.
    """

    ingested: float = 0.0
    alone: list[float] = field(default_factory=list)
    planned: float | None = None
    planned_bytes: int = 0
    filling: float = 0.0
    away: float = 0.0
    ready: float = 0.0
    made: int = 0
    again: int = 0
    kills: list[bool] = field(default_factory=list)
    switches: list[float] = field(default_factory=list)
    rolled_back: float = 0.0
    disk: dict[str, int] = field(default_factory=dict)
