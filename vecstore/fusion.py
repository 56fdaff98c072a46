"""Several rankings made one, by ranks alone.

Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank
learning methods" (SIGIR 2009). Scores of two spaces, or of a space and of words, say nothing of
each other: they never come here, so whatever scales them cannot change the order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from vecstore.errors import InvalidArgument
from vecstore.records import Query

# Of the paper: how little the first ranks stand out.
RANK_CONSTANT = 60


def fused(
    rankings: Mapping[str, Sequence[str]], weights: Mapping[str, float], count: int | None = None
) -> list[tuple[str, float]]:
    """Ids by the sum over the rankings of weight / (60 + rank), greatest first; ties by id.

    Args:
        rankings: ids, best first, none twice, by the name of their source.
        weights: by source; see :func:`checked_weights`.
        count: of so many the first; all where left out.
    """
    scores: dict[str, float] = {}
    for name, ids in rankings.items():
        weight, first = weights[name], RANK_CONSTANT + 1
        shares = [weight / place for place in range(first, first + len(ids))]
        if not scores:
            scores = dict(zip(ids, shares, strict=True))
            continue
        for one, share in zip(ids, shares, strict=True):
            scores[one] = scores.get(one, 0.0) + share
    order = list(scores)
    if count is not None and 0 < count < len(order):
        least = sorted(scores.values(), reverse=True)[count - 1]
        order = [one for one in order if scores[one] >= least]
    order.sort()
    order.sort(key=scores.__getitem__, reverse=True)  # equals keep their order
    return [(one, scores[one]) for one in order[:count]]


def checked_weights(given: Mapping[str, float] | None, sources: Iterable[str]) -> dict[str, float]:
    """A weight for every source, 1 where none is given.

    Raises:
        InvalidArgument: a weight of something that is not searched, one that is no finite number of
            0 or more, or none above 0.
    """
    weights = dict.fromkeys(sources, 1.0)
    if given is None:
        return weights
    if not isinstance(given, Mapping):
        raise InvalidArgument(
            f"weights is a {type(given).__name__}; give a mapping of source to number",
            field="weights",
        )
    for name, weight in given.items():
        if name not in weights:
            raise InvalidArgument(
                f"there is a weight for {name!r}, which is not searched; searched are: "
                f"{', '.join(weights)}",
                field="weights",
            )
        weights[name] = checked_weight(name, weight)
    if not any(weights.values()):
        raise InvalidArgument(
            f"every weight is 0 ({', '.join(weights)}), so nothing could be found; give one of "
            "them a weight above 0",
            field="weights",
        )
    return weights


def checked_weight(name: str, value: object) -> float:
    """The weight of one source.

    Raises:
        InvalidArgument: no finite number of 0 or more.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:  # type: ignore[arg-type, operator]
        raise InvalidArgument(
            f"the weight of {name!r} is {value!r}; a finite number of 0 or more is needed",
            field="weights",
        )
    return float(value)  # type: ignore[arg-type]


def named_fields(fields: object) -> dict[str, Query | None]:
    """Vector fields of one search, in the order given, each with its own query if it has one.

    Raises:
        InvalidArgument: neither names nor a mapping of names.
    """
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise InvalidArgument(
            f"fields is {fields!r}; give a list of names, or a mapping of name to query",
            field="fields",
        )
    named = dict(fields) if isinstance(fields, Mapping) else dict.fromkeys(fields)
    for name in named:
        if not isinstance(name, str):
            raise InvalidArgument(
                f"fields holds {name!r}; the name of a vector field is a str", field="fields"
            )
    return named
