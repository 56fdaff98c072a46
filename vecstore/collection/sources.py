"""What one source of a fused search found, and which hits of all come from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from vecstore.answers import Source, source
from vecstore.collection.ranking import scores_of
from vecstore.index.searching import Found
from vecstore.spaces import Metric

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ids of records, best first, none twice, and the score of each.

    ``carried`` are those whose vectors were mapped from another space.
    """

    ids: Sequence[str]
    scores: Sequence[float]
    carried: Set[str] = _NONE


def by_vector(found: Found, metric: Metric, carried: Set[int]) -> Ranking:
    """What a vector field found, of which these labels were mapped."""
    return Ranking(
        [record for _, record, _ in found],
        scores_of([distance for distance, _, _ in found], metric),
        {record for _, record, label in found if label in carried} if carried else _NONE,
    )


def sources(rankings: Mapping[str, Ranking], shown: Sequence[str]) -> list[list[Source]]:
    """Where each of the records shown comes from, in the order of the rankings."""
    found: list[list[Source]] = [[] for _ in shown]
    for name, ranking in rankings.items():
        places = dict(zip(ranking.ids, range(len(ranking.ids)), strict=True))
        for one, its in zip(shown, found, strict=True):
            place = places.get(one)
            if place is not None:
                its.append(source(name, place + 1, ranking.scores[place], one in ranking.carried))
    return found
