"""Moving a vector field from one space to another while it goes on answering: the values.

A field has one **live** space, which answers. A re-embedding fills a **staged** one beside it, from
the stored inputs. The switch exchanges the two at one moment; the space that was live is
**retired** then, and kept up to date until the re-embedding is finished, so that it can be rolled
back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vecstore.spaces import Space

Bounds = tuple[float, float]
"""The lower and the upper end of an interval."""


class FieldState(StrEnum):
    """What a vector field's space is to its collection."""

    LIVE = "live"
    STAGED = "staged"
    RETIRED = "retired"


class ReembedState(StrEnum):
    """How far a re-embedding has come."""

    FILLING = "filling"
    PAUSED = "paused"
    STOPPED = "stopped"
    """By an error, which the status says; ``resume`` goes on."""
    FILLED = "filled"
    """Every record is there, or is known not to be able to; what blocks the switch is said."""
    BELOW_GATE = "below_gate"
    READY = "ready"
    SWITCHED = "switched"
    ROLLED_BACK = "rolled_back"
    FINISHED = "finished"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing of it is left beside the live space."""
        return self in (ReembedState.FINISHED, ReembedState.CANCELLED)


class Doing(StrEnum):
    """What the process that works on a re-embedding does, before it needs somebody."""

    FILLING = "filling"
    """Records are moved into the new space."""
    JUDGING = "judging"
    """Both spaces are compared; every record has been looked at."""


class SwitchMode(StrEnum):
    """Who switches: a person, or the re-embedding as soon as it is ready."""

    MANUAL = "manual"
    AUTO = "auto"


class Decision(StrEnum):
    """What becomes of records that cannot be encoded anew as they are."""

    ASK = "ask"
    """Nothing yet: they block the switch."""
    LEAVE_OUT = "leave_out"
    """They have no vector in the new space."""
    CARRY = "carry"
    """Their vectors are mapped into the new space, and marked so in every answer."""
    ENCODE = "encode"
    """The input that is stored beside a vector that a caller brought is encoded."""


@dataclass(frozen=True, slots=True)
class ReembedOptions:
    """What a re-embedding was told.

    Args:
        gates: what must hold before the switch, such as ``retrieval.ndcg@10>=live``.
        switch: who switches.
        brought: what becomes of vectors that callers brought, and whose input is stored.
        without_input: what becomes of records whose input was not stored.
        failures: what becomes of records that the new encoder refused: ask or leave_out.
        cores: share of the cores that encoding may use, above 0 up to 1.
        rollback: what became, at the latest roll-back, of records that are in the new space alone:
            leave_out where these were left without a vector. It is told at each roll-back anew.
    """

    gates: tuple[str, ...] = ()
    switch: SwitchMode = SwitchMode.MANUAL
    brought: Decision = Decision.ASK
    without_input: Decision = Decision.ASK
    failures: Decision = Decision.ASK
    cores: float = 0.5
    rollback: Decision = Decision.ASK


@dataclass(frozen=True, slots=True)
class ReembedQuery:
    """A query of the user's, with the records that answer it.

    Args:
        text: the query.
        relevant: gains above 0 by record id; empty where only the answers are to be shown.
    """

    text: str
    relevant: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReembedCounts:
    """Records of a field by what became of them in the other space.

    Args:
        total: records that have a vector in the space that is left, or were left out of it before
            and have a stored input.
        moved: of these, those that have one in the other space.
        carried: of the moved, those whose vector was mapped.
        pending: not yet looked at.
        failed: refused by the other space's encoder; each has its reason on record.
        brought: a caller's own vectors, with a stored input, not moved.
        without_input: nothing is stored that could be encoded.
    """

    total: int = 0
    moved: int = 0
    carried: int = 0
    pending: int = 0
    failed: int = 0
    brought: int = 0
    without_input: int = 0


@dataclass(frozen=True, slots=True)
class ReembedFailure:
    """A record that the new encoder refused, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReembedPlan:
    """What a re-embedding would take; nothing has been changed.

    Args:
        collection, field: what would be moved.
        source, target: from which space to which.
        counts: ``pending`` says how many records would be encoded or derived.
        encodes: False where the new vectors can be computed from the old ones, without encoding.
        sampled: records that were encoded to find the rate.
        records_per_second: the encoder's rate on them, with the cores that it would have.
        seconds: for all of them, by that rate.
        bytes_needed: of disk, about: vectors, inputs and the graph of the new space.
        bytes_free: of the disk.
        notes: what a person should know first, one sentence each.
    """

    collection: str
    field: str
    source: Space
    target: Space
    counts: ReembedCounts
    encodes: bool = True
    sampled: int = 0
    records_per_second: float | None = None
    seconds: float | None = None
    bytes_needed: int = 0
    bytes_free: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReembedStatus:
    """How a re-embedding stands.

    Args:
        id: of the operation.
        collection, field: what is moved.
        source, target: from which space to which.
        state: how far it has come.
        options: what it was told.
        counts: of records; once it is switched, of those in the old space.
        blocked: what keeps the switch from being made, one sentence each; empty where nothing does.
            Once it is switched, what keeps it from being rolled back.
        records_per_second: the rate of the last minute; None while nothing is encoded.
        seconds_left: by that rate.
        error: what stopped it.
        running: whether somebody works on it in the process that answers.
        doing: what is done then; None where nobody works on it.
        created_at, switched_at, ended_at: ISO 8601, UTC.
        report: what the judging found; see :class:`ReembedReport`.
        elsewhere: the other process that has the store open, where it is to be filled and nobody
            works on it in the one that answers; empty where there is none.
        letting_go: whether the room of spaces that were let go is still being given back by the
            process that answers.
    """

    id: str
    collection: str
    field: str
    source: Space
    target: Space
    state: ReembedState
    options: ReembedOptions = ReembedOptions()
    counts: ReembedCounts = ReembedCounts()
    blocked: tuple[str, ...] = ()
    records_per_second: float | None = None
    seconds_left: float | None = None
    error: str = ""
    running: bool = False
    doing: Doing | None = None
    created_at: str = ""
    switched_at: str = ""
    ended_at: str = ""
    report: ReembedReport | None = None
    elsewhere: str = ""
    letting_go: bool = False

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        done = self.counts.total - self.counts.pending
        return done / self.counts.total if self.counts.total else 1.0


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The first answers of both spaces to one query: ids with scores, nearest first."""

    query: str
    source: tuple[tuple[str, float], ...]
    target: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class ReembedReport:
    """What the judging before a switch found.

    Args:
        figures: by name, the value in the live space and in the new one; None where there is none.
            Of queries that were given, ``retrieval.mrr`` looks at the first 100 answers.
        verdicts: each gate, as written, and whether it holds; with what was seen.
        overlap: mean share of the first 10 neighbours that both spaces agree on; None where
            nothing was compared. Never a gate: two seeds of one model agree on little.
        examples: both sides' answers to some queries.
        created_at: ISO 8601, UTC.
        intervals: by name, the bounds of the figures' 95 % intervals, as ``figures``.
        differences: by name, by how much the new space's figure is larger, with the bounds of the
            95 % interval of that, where both were found by the same queries.
        notes: what a person should know besides, one sentence each.
    """

    figures: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    verdicts: tuple[tuple[str, bool, str], ...] = ()
    overlap: float | None = None
    examples: tuple[SideBySide, ...] = ()
    created_at: str = ""
    intervals: Mapping[str, tuple[Bounds | None, Bounds | None]] = field(default_factory=dict)
    differences: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every gate holds."""
        return all(held for _, held, _ in self.verdicts)


@dataclass(frozen=True, slots=True)
class Retired:
    """A space that a field has left.

    Args:
        field: the field's name.
        space: the space that was live.
        since: when it was left, ISO 8601, UTC.
    """

    field: str
    space: Space
    since: str


def space_to_json(space: Space) -> dict[str, Any]:
    """A space as JSON values."""
    return {
        "model": space.model,
        "version": space.version,
        "dim": space.dim,
        "fingerprint": space.fingerprint,
        "transform": space.transform,
    }


def space_from_json(value: Mapping[str, Any]) -> Space:
    """The space of :func:`space_to_json`."""
    return Space(**value)
