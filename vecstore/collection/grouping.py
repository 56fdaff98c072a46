"""Searching for the best of each kind: hits by the value of a key of their payloads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Unpack

from vecstore.answers import Group, Value
from vecstore.collection.asking import Asking
from vecstore.errors import InvalidArgument
from vecstore.fields import Field, Question
from vecstore.filters import Filter, key_path, matches, scalars
from vecstore.hits import Hit, Hits
from vecstore.records import Payload, Query
from vecstore.searches import SearchKeywords, whole_number

MAX_GROUPS = 1000
MAX_GROUP_SIZE = 1000
MAX_GROUPED = 10_000
"""Hits of all groups together."""

# As many of the nearest are looked at first, and so many times as many each time after.
_FIRST = 64
_WIDER = 4

# By a value and whether it is a boolean: true is not 1, and 1 is 1.0.
_Groups = dict[tuple[bool, Value], list[Hit]]


class Grouping(Asking):
    """The method that finds the best hits for each value of a key."""

    def search_groups(
        self,
        query: Query,
        key: str,
        *,
        groups: int = 10,
        group_size: int = 1,
        **given: Unpack[SearchKeywords],
    ) -> list[Group]:
        """The best hits for each value of a key, the group of the best hit first.

        Records without a scalar at the key are left out. A record with a list there belongs to
        each of its values. As many of the nearest records are looked at as it takes, up to
        ``max_k`` of the settings (10,000): what lies beyond them is not in the answer. Where there
        are fewer groups, or smaller ones, than are asked for, a declared index of the key knows,
        and no more are looked at than there are to be found.

        Args:
            query: see :meth:`search`.
            key: of the payload, as filters write it: ``a.b`` is ``b`` inside ``a``.
            groups: 1 to 1,000; fewer come back where there are fewer.
            group_size: the most hits of each, 1 to 1,000, and 10,000 in all groups together.
            given: see :class:`~vecstore.searches.SearchKeywords`; neither ``offset`` nor
                ``diversity`` may be among them.

        Raises:
            VecstoreError: as :meth:`search`.
        """
        path = key_path(key)
        whole_number("groups", groups, 1, MAX_GROUPS)
        whole_number("group_size", group_size, 1, MAX_GROUP_SIZE)
        if groups * group_size > MAX_GROUPED:
            raise InvalidArgument(
                f"{groups} groups of {group_size} hits; at most {MAX_GROUPED} hits are allowed in "
                "all: ask for fewer of either",
                field="groups",
            )
        asked = self._options(1, given)
        for name in ("offset", "diversity"):
            if getattr(asked, name):
                raise InvalidArgument(
                    f"{name} is {getattr(asked, name)!r}, which groups do not have; leave it out",
                    field=name,
                )
        searched = self._searched(asked)
        question, answering = self._question(searched, query), self._answering(searched)
        most = self._store.settings.max_k
        width = min(most, max(_FIRST, _WIDER * groups * group_size))
        while True:
            options = replace(asked, k=width, include_payload=True)
            hits = answering.answers([question], options)[0]
            found = _grouped(hits, path, groups, group_size)
            full = len(found) == groups and all(len(its) == group_size for its in found.values())
            if full or len(hits) < width or width == most:
                break
            tally = _tally(searched, question, path, asked.filter)
            if tally is not None and _complete(found, tally, groups, group_size):
                break
            width = min(most, _WIDER * width)
        return [
            Group(value, _part(hits, its, asked.include_payload))
            for (_, value), its in found.items()
        ]


def _tally(
    field: Field, question: Question, path: tuple[str, ...], filter_: Filter | None
) -> Mapping[tuple[bool, Value], int] | None:
    """How many records there are to be found for each value, where the index can tell."""
    found = field.index.tallied(path, filter_, MAX_GROUPS)
    if found is None:
        return None
    tally: Counter[tuple[bool, Value]] = Counter(found)
    own = question.payload
    if (
        question.itself is not None
        and own is not None
        and (filter_ is None or matches(filter_, own))
    ):
        tally.subtract(list(_names(path, own)))
    return tally


def _complete(
    found: _Groups, tally: Mapping[tuple[bool, Value], int], count: int, size: int
) -> bool:
    """Whether no record farther away belongs to one of the groups asked for."""
    names = found if len(found) == count else tally
    return all(len(found.get(name, ())) >= min(size, tally.get(name, 0)) for name in names)


def _names(path: tuple[str, ...], payload: Payload) -> Iterable[tuple[bool, Value]]:
    """The groups that a record belongs to, each once."""
    return dict.fromkeys((isinstance(one, bool), one) for one in scalars(path, payload))


def _grouped(hits: Iterable[Hit], path: tuple[str, ...], count: int, size: int) -> _Groups:
    """The first ``count`` groups of a ranking, each with its first ``size`` hits."""
    found: _Groups = {}
    for hit in hits:
        for name in _names(path, hit.payload):
            if name not in found and len(found) < count:
                found[name] = []
            if len(found.get(name, ())) < size and name in found:
                found[name].append(hit)
    return found


def _part(answer: Hits, hits: Iterable[Hit], payloads: bool) -> Hits:
    """Some hits of an answer, with all that is said of the whole."""
    kept = hits if payloads else (replace(hit, payload={}) for hit in hits)
    strange, evaluated = answer.later(), answer.encoder_evaluated
    over = answer.bridge, answer.bridge_forced
    return Hits(kept, answer.space, strange, evaluated, answer.plan, *over)
