"""Answers of searches: hits, and what was found out about the query."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Self

from vecstore.calibrations import Unfamiliarity
from vecstore.plans import Plan
from vecstore.records import Payload
from vecstore.spaces import Space, Vector
from vecstore.tables import Columns, Tabular, columns_of, line, listed

# What is known of a query's strangeness, or finds it out.
Strangeness = Unfamiliarity | Callable[[], Unfamiliarity | None] | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search.

    Args:
        id: the record's id.
        distance: smaller is nearer, for every metric: 1 - cosine, 1 - inner product, squared l2.
        score: the same as people read it: cosine, inner product, or minus the squared l2.
        payload, text, vector: the record's, where they were asked for.
        carried: whether its vector was mapped from another space, not encoded.
    """

    id: str
    distance: float
    score: float
    payload: Payload = field(default_factory=dict)
    text: str | None = None
    vector: Vector | None = None
    carried: bool = False

    def __hash__(self) -> int:
        return hash((self.id, self.distance))

    def __repr__(self) -> str:
        marks = ("carried",) if self.carried else ()
        return line(self, "id", "score", "distance", *marks, "text", "vector", "payload")

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there: see bare_hit.
        if name == "payload":
            payload: dict[str, Any] = {}
            _set_payload(self, payload)
            return payload
        if name in ("text", "vector"):
            return None
        if name == "carried":
            return False
        raise AttributeError(f"a Hit has no {name!r}")


_new_hit = Hit.__new__
_exhaust = deque[None](maxlen=0).extend
_set_id, _set_distance, _set_score, _set_payload = (
    getattr(Hit, name).__set__ for name in ("id", "distance", "score", "payload")
)


def bare_hit(record: str, distance: float, score: float) -> Hit:
    """A hit without payload, text and vector, whose vector was encoded.

    The slots are set directly, and those that are empty not at all: a frozen dataclass's own
    ``__init__`` takes four times as long, and a search makes ten hits in the time that it may add
    to the index's.
    """
    hit = _new_hit(Hit)
    _set_id(hit, record)
    _set_distance(hit, distance)
    _set_score(hit, score)
    return hit


def bare_hits(
    records: Sequence[str], distances: Sequence[float], scores: Sequence[float]
) -> list[Hit]:
    """The same for many, slot by slot, so that no Python runs for each of them."""
    hits = list(map(_new_hit, repeat(Hit, len(records))))
    _exhaust(map(_set_id, hits, records))
    _exhaust(map(_set_distance, hits, distances))
    _exhaust(map(_set_score, hits, scores))
    return hits


class Hits(Tabular, tuple[Hit, ...]):
    """The hits of one search, nearest first.

    Attributes:
        space: where their distances were measured.
        encoder_evaluated: whether anybody has judged the encoder, by what is on record.
        plan: how it was answered, where ``explain`` asked for it.
        bridge: the bridge that the query went over; empty for none.
        bridge_forced: whether that was found to be poor, and taken all the same.
    """

    space: Space
    encoder_evaluated: bool
    # Set only where there is something to say: a batch makes many of these.
    plan: Plan | None = None
    bridge: str = ""
    bridge_forced: bool = False
    _strangeness: Strangeness

    def __new__(
        cls,
        hits: Iterable[Hit],
        space: Space,
        unfamiliarity: Strangeness = None,
        encoder_evaluated: bool = False,
        plan: Plan | None = None,
        bridge: str = "",
        bridge_forced: bool = False,
    ) -> Self:
        self = tuple.__new__(cls, hits)
        self.space = space
        self._strangeness = unfamiliarity
        self.encoder_evaluated = encoder_evaluated
        if plan is not None:
            self.plan = plan
        if bridge:
            self.bridge = bridge
        if bridge_forced:
            self.bridge_forced = bridge_forced
        return self

    @property
    def unfamiliarity(self) -> Unfamiliarity | None:
        """How strange the query is to all that the field holds.

        None where it holds nothing, or is told not to say. Beside a filter that takes a search of
        its own, which is done when this is first asked for.

        Raises:
            StoreClosed: it was not asked for before the store was closed.
        """
        # Read once: another thread may be asking for it, too.
        strangeness = self._strangeness
        if callable(strangeness):
            strangeness = self._strangeness = strangeness()
        return strangeness

    def later(self) -> Strangeness:
        """The same, left to be found when it is asked for."""
        return self._strangeness

    def __getnewargs__(self) -> tuple[Any, ...]:
        told = (self.unfamiliarity, self.encoder_evaluated, self.plan)
        return (tuple(self), self.space, *told, self.bridge, self.bridge_forced)

    def __repr__(self) -> str:
        forced = "forced " if self.bridge_forced else ""
        over = f" over the {forced}bridge {self.bridge!r}" if self.bridge else ""
        return listed("Hits", self.space.name + over, self)

    def columns(self) -> Columns:
        marks = ("carried",) if any(hit.carried for hit in self) else ()
        return columns_of(self, ("id", "score", "distance", *marks, "text"), ("vector",))
