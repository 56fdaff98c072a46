"""What searches of other kinds than nearest neighbours give back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from vecstore.hits import Hits
from vecstore.records import Payload
from vecstore.tables import Columns, Tabular, columns_of, listed

FULL_TEXT = "full_text"
"""The name of full-text search among the sources of a fused answer; no vector field may have it."""

Value = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class Group:
    """The best hits among the records that have one value under a key."""

    value: Value
    hits: Hits


@dataclass(frozen=True, slots=True)
class Facet:
    """How many records have a value under a key."""

    value: Value
    count: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fused hit comes from.

    Args:
        name: the vector field, or ``full_text``.
        rank: its place there, from 1.
        score: its score there, as that source counts; never to be held against another source's.
        carried: whether its vector there was mapped from another space, not encoded.
    """

    name: str
    rank: int
    score: float
    carried: bool = False


@dataclass(frozen=True, slots=True)
class FusedHit:
    """One answer of a fused search.

    Args:
        id: the record's id.
        score: the sum over its sources of weight / (60 + rank); greater is better.
        sources: every source that found it.
        payload, text: the record's, where they were asked for.
    """

    id: str
    score: float
    sources: tuple[Source, ...]
    payload: Payload = field(default_factory=dict)
    text: str | None = None

    def __hash__(self) -> int:
        return hash((self.id, self.score))

    @property
    def carried(self) -> bool:
        """Whether a vector that it was found by was mapped from another space, not encoded."""
        return any(source.carried for source in self.sources)


_new_source, _new_fused_hit = Source.__new__, FusedHit.__new__
_set_name, _set_rank, _set_source_score, _set_carried = (
    getattr(Source, name).__set__ for name in ("name", "rank", "score", "carried")
)
_set_id, _set_score, _set_sources, _set_payload, _set_text = (
    getattr(FusedHit, name).__set__ for name in ("id", "score", "sources", "payload", "text")
)


def source(name: str, rank: int, score: float, carried: bool) -> Source:
    """A :class:`Source`, made as quickly as :func:`vecstore.hits.bare_hit` makes a hit."""
    made = _new_source(Source)
    _set_name(made, name)
    _set_rank(made, rank)
    _set_source_score(made, score)
    _set_carried(made, carried)
    return made


def fused_hit(
    record: str, score: float, sources: tuple[Source, ...], payload: Payload, text: str | None
) -> FusedHit:
    """A :class:`FusedHit`, in the same way."""
    made = _new_fused_hit(FusedHit)
    _set_id(made, record)
    _set_score(made, score)
    _set_sources(made, sources)
    _set_payload(made, payload)
    _set_text(made, text)
    return made


class FusedHits(Tabular, tuple[FusedHit, ...]):
    """The hits of a fused search, best first.

    Attributes:
        answers: what each vector field answered by itself, with its space, by name.
    """

    answers: dict[str, Hits]

    def __new__(cls, hits: Iterable[FusedHit], answers: dict[str, Hits]) -> Self:
        self = super().__new__(cls, hits)
        self.answers = answers
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (tuple(self), self.answers)

    def __repr__(self) -> str:
        return listed("FusedHits", ", ".join(self._sources()) or "nothing", self)

    def columns(self) -> Columns:
        """Its rank in each source stands in a column ``rank.SOURCE``."""
        marks = ("carried",) if any(hit.carried for hit in self) else ()
        rest = dict(columns_of(self, ("id", "score", *marks, "text"), ()))
        first = {name: rest.pop(name) for name in ("id", "score", *marks)}
        ranks = {f"rank.{name}": [_rank(hit, name) for hit in self] for name in self._sources()}
        return {**first, **ranks, **rest}

    def _sources(self) -> list[str]:
        found = (source.name for hit in self for source in hit.sources)
        return list(dict.fromkeys([*self.answers, *found]))


def _rank(hit: FusedHit, name: str) -> int | None:
    return next((source.rank for source in hit.sources if source.name == name), None)
