"""What queries whose answers are known find in two spaces."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from vecstore.evaluation.intervals import mean_interval
from vecstore.evaluation.retrieval import ranking_scores
from vecstore.evaluations import Figure
from vecstore.hits import Hit
from vecstore.reembedding.recorded import Pair
from vecstore.reembeddings import ReembedQuery

_SEED = 0
_DECIMALS = 6  # distances that differ by less differ by rounding

Answers = Sequence[Sequence[Hit]]


def answerable(queries: Sequence[ReembedQuery], there: Collection[str]) -> list[ReembedQuery]:
    """Queries without relevant records that are gone; those of which nothing is left are left out.

    Args:
        there: ids of records that can be found.
    """
    found = []
    for one in queries:
        relevant = {name: gain for name, gain in one.relevant.items() if name in there}
        if relevant:
            found.append(ReembedQuery(one.text, relevant))
    return found


def found_by(
    queries: Sequence[ReembedQuery], live: Answers | None, new: Answers
) -> tuple[dict[str, Pair], dict[str, Figure]]:
    """Retrieval figures of two spaces with their 95 % intervals.

    Args:
        queries: at least one, each with relevant records.
        live: the answers of the live space; None where it could not be asked.
        new: those of the new space.

    Returns:
        The figures by name; and by name the mean, over the queries, of what the new space's is
        larger by, whose interval is much narrower than those of the two (a paired bootstrap).
    """
    relevant = [one.relevant for one in queries]
    theirs = ranking_scores(_rankings(new), relevant)
    if live is None:
        return {name: (None, mean_interval(one, _SEED)) for name, one in theirs.items()}, {}
    ours = ranking_scores(_rankings(live), relevant)
    figures: dict[str, Pair] = {}
    differences: dict[str, Figure] = {}
    for name, scores in theirs.items():
        figures[name] = (mean_interval(ours[name], _SEED), mean_interval(scores, _SEED))
        differences[name] = mean_interval(np.subtract(scores, ours[name]), _SEED)
    return figures, differences


def _rankings(answers: Answers) -> list[list[str]]:
    """Ids in the order of their distances; the equally near stand in an order that is drawn."""
    rng = np.random.default_rng(_SEED)
    ranked = []
    for hits in answers:
        near = [round(hit.distance, _DECIMALS) for hit in hits]
        drawn = rng.permutation(len(hits)).tolist()
        order = sorted(zip(near, drawn, hits, strict=True), key=lambda one: one[:2])
        ranked.append([hit.id for _, _, hit in order])
    return ranked
