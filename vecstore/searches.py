"""What a search may be told, and how it is checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import numpy as np

from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.filters import Filter, parse
from vecstore.inputs import shorten
from vecstore.records import DEFAULT_FIELD, Input, RecordReference
from vecstore.spaces import Vector

FilterLike = Filter | Mapping[str, Any]
Example = str | RecordReference | Vector
"""A record of the collection by its id, a record of any collection, or a vector."""

_INTEGERS = (int, np.integer)
_NUMBERS = (int, float, np.integer, np.floating)

MAX_DIVERSE = 1000
"""Hits of a diverse search, those passed over included."""

# A diverse ranking is chosen from so many times as many of the nearest.
_POOL = 4
_LEAST_POOL, _MOST_POOL = 50, 4 * MAX_DIVERSE


class SearchKeywords(TypedDict, total=False):
    """Keyword arguments that every kind of search by vector takes.

    Args:
        filter: only records whose payload satisfies it.
        field: the vector field to search; "default" where left out.
        space: search the field in this space of its own, ``model@version``, where it has one beside
            the live one (see re-embedding); in the live one where left out.
        bridge: encode the query with the newer model of this bridge, and map it to the live space;
            a tagged vector of that model is mapped, too. See
            :meth:`vecstore.collection.Collection.fit_bridge`.
        include_payload, include_text: what a hit brings along; true where left out.
        include_vectors: whether hits bring their vectors; false where left out.
        offset: hits to pass over first, 0 where left out.
        min_score, max_score: only hits with scores in this range, the ends included.
        diversity: from 0 (the nearest, as ever) to 1: by how much a hit that resembles those
            before it is put back, up to 1,000 hits. Maximal marginal relevance (Carbonell and
            Goldstein 1998) over four times as many of the nearest, 50 at least; two records are
            alike by the score of one as the other's query, which for l2 is minus the squared
            distance.
        explain: whether the answer says how it was found, and why so.
    """

    filter: FilterLike | None
    field: str
    space: str
    bridge: str
    include_payload: bool
    include_text: bool
    include_vectors: bool
    offset: int
    min_score: float | None
    max_score: float | None
    diversity: float | None
    explain: bool


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Checked settings of a search; see :class:`SearchKeywords`."""

    k: int
    filter: Filter | None = None
    field: str = DEFAULT_FIELD
    space: str = ""
    bridge: str = ""
    include_payload: bool = True
    include_text: bool = True
    include_vectors: bool = False
    offset: int = 0
    min_score: float | None = None
    max_score: float | None = None
    diversity: float | None = None
    explain: bool = False

    @property
    def bare(self) -> bool:
        """Whether a hit is no more than id, distance and score."""
        return not (self.include_payload or self.include_text or self.include_vectors)

    @property
    def plain(self) -> bool:
        """Whether the answer is the first ``k`` of the ranking, and nothing is said of it."""
        ranged = self.min_score is not None or self.max_score is not None
        return not (ranged or self.offset or self.diversity or self.explain)

    @property
    def wanted(self) -> int:
        """Hits of the ranking, those passed over included."""
        return self.offset + self.k

    @property
    def pool(self) -> int:
        """Nearest records that the ranking is made of; more than wanted where it is diverse."""
        if not self.diversity:
            return self.wanted
        return max(self.wanted, _LEAST_POOL, min(_POOL * self.wanted, _MOST_POOL))


def parsed(filter_: FilterLike | None) -> Filter | None:
    """A filter as its tree; None where it lets everything pass.

    Raises:
        InvalidFilter: it has no meaning.
    """
    return None if filter_ is None or filter_ == {} else parse(filter_)


def search_options(k: int, max_k: int, **given: Unpack[SearchKeywords]) -> SearchOptions:
    """Settings of one search.

    Args:
        k: hits wanted.
        max_k: the most that may be.
        given: see :class:`SearchKeywords`.

    Raises:
        InvalidArgument, InvalidFilter: one of them is out of its range.
    """
    whole = whole_number("k", k, 1, max_k)
    if not given:
        return SearchOptions(whole)
    filter_ = parsed(given.pop("filter", None))
    options = SearchOptions(whole, filter_, **given)  # type: ignore[arg-type, misc]
    return _checked(options, max_k)


def checked_examples(name: str, given: Iterable[Example]) -> list[RecordReference | Vector]:
    """Examples, those that are ids as references.

    Whether the others are vectors, and of which space, is for the field to say.

    Raises:
        InvalidArgument: one in place of a list, or an input that an encoder would read.
    """
    if isinstance(given, str | bytes | Mapping | Input | Vector | RecordReference):
        raise InvalidArgument(
            f"{name} is one {type(given).__name__}; give a list of examples", field=name
        )
    examples = list(given)
    for number, one in enumerate(examples):
        if isinstance(one, bytes | Mapping | Input):
            unfit = InvalidArgument(
                f"it is {shorten(one)}; give the id of a record, a RecordReference or a Vector "
                "(store.encode makes one of a text or an image)",
                field=name,
            )
            raise example_error(unfit, name, number)
    return [RecordReference(one) if isinstance(one, str) else one for one in examples]


def example_error(error: VecstoreError, name: str, number: int) -> VecstoreError:
    """An error, with the example named that is to blame for it."""
    details = {**error.details, "position": str(number)}
    return type(error)(f"{name} example {number}: {error.message}", **details)


def whole_number(name: str, value: object, least: int, most: int) -> int:
    """A whole number in its range.

    Raises:
        InvalidArgument: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, _INTEGERS) or not least <= value <= most:
        raise InvalidArgument(
            f"{name} is {value!r}; a whole number from {least} to {most} is needed", field=name
        )
    return int(value)


def _checked(options: SearchOptions, max_k: int) -> SearchOptions:
    whole_number("offset", options.offset, 0, max_k)
    if options.offset + options.k > max_k:
        raise InvalidArgument(
            f"offset {options.offset} and k {options.k} ask for {options.offset + options.k} hits; "
            f"at most {max_k} are allowed together",
            field="offset",
        )
    least = checked_score("min_score", options.min_score)
    most = checked_score("max_score", options.max_score)
    if least is not None and most is not None and least > most:
        raise InvalidArgument(
            f"min_score {least!r} is above max_score {most!r}, so nothing could be found; "
            "exchange them",
            field="min_score",
        )
    diversity = checked_diversity(options.diversity)
    if diversity and options.wanted > MAX_DIVERSE:
        raise InvalidArgument(
            f"offset and k ask for {options.wanted} hits of a diverse ranking; at most "
            f"{MAX_DIVERSE} are allowed: ask for fewer, or leave diversity out",
            field="diversity",
        )
    return options


def checked_score(name: str, value: float | None) -> float | None:
    """An end of a range of scores.

    Raises:
        InvalidArgument: no finite number.
    """
    if value is None:
        return None
    if not _is_number(value) or not abs(value) < math.inf:
        raise InvalidArgument(f"{name} is {value!r}; a finite number is needed", field=name)
    try:
        return float(value)
    except OverflowError:
        raise InvalidArgument(f"{name} is beyond a float of 64 bits", field=name) from None


def checked_diversity(value: float | None) -> float | None:
    """A share of diversity.

    Raises:
        InvalidArgument: no number from 0 to 1.
    """
    if value is None:
        return None
    if not (_is_number(value) and 0.0 <= value <= 1.0):
        raise InvalidArgument(
            f"diversity is {value!r}; a number from 0 to 1 is needed", field="diversity"
        )
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)
