"""Searching vector fields and full text together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from vecstore.answers import FULL_TEXT, FusedHits, fused_hit
from vecstore.collection.asking import Asking
from vecstore.collection.sources import Ranking, by_vector, sources
from vecstore.errors import InvalidArgument, VecstoreError
from vecstore.fields import ENCODED, Field, Question
from vecstore.filters import Filter
from vecstore.fusion import checked_weights, fused, named_fields
from vecstore.hits import Hits
from vecstore.records import DEFAULT_FIELD, Input, Query
from vecstore.searches import FilterLike, SearchOptions, search_options, whole_number

# Of every source, at least so many hits are fused, and so many times what is asked for.
_LEAST_CANDIDATES = 30
_TIMES_CANDIDATES = 3

# Where more records than these satisfy a filter, so do enough of those that are best by words.
_MOST_PASSING = 50_000

# Ids and fused scores, best first.
Order = list[tuple[str, float]]
Details = dict[str, tuple[Any, str | None]]


class Hybrid(Asking):
    """The search of several sources, which are put together by rank alone."""

    def search_hybrid(
        self,
        query: Query | None = None,
        k: int = 10,
        *,
        fields: Iterable[str] | Mapping[str, Query | None] = (DEFAULT_FIELD,),
        text: str | None = None,
        weights: Mapping[str, float] | None = None,
        candidates: int | None = None,
        filter: FilterLike | None = None,
        offset: int = 0,
        include_payload: bool = True,
        include_text: bool = True,
        bridge: str = "",
    ) -> FusedHits:
        """The best records by vector fields and by words together.

        Every source is searched by itself: each vector field in its own space, the full text by
        BM25. What they find is fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR
        2009): a record's score is the sum of weight / (60 + rank) over the sources that found it.
        Scores of two sources are never held against each other.

        Args:
            query: as of :meth:`search`, for every field that has no query of its own.
            k: hits wanted.
            fields: names of the vector fields to search, or a mapping of field to its own query,
                or to None for the one of all; ``()`` searches words alone.
            text: words for the full text, of which any may match; where left out, the query itself
                if it is text; ``""`` for none.
            weights: by field, or ``full_text``; 1 where left out. What has weight 0 is not
                searched.
            candidates: hits of every source that are fused; 3 * (k + offset), and at least 30,
                where left out.
            filter: only records whose payload satisfies it.
            offset: hits to pass over first.
            include_payload, include_text: what a hit brings along. The text is that of the first of
                the fields, in the order given, that has one.
            bridge: ask the field that this bridge leads to over it, as :meth:`search` does; the
                others are asked as ever.

        Raises:
            FailedPrecondition: full text is wanted, and no index of type text is declared.
            InvalidArgument: a field without a query, a weight of what is not searched, text without
                a word, a bridge to a field that is not searched.
            VecstoreError: as :meth:`search`.
        """
        limit = self._store.settings.max_k
        options = search_options(
            k,
            limit,
            filter=filter,
            offset=offset,
            include_payload=include_payload,
            include_text=include_text,
            bridge=bridge,
        )
        named = {name: _given(name, own, query) for name, own in named_fields(fields).items()}
        words = _words(query, text)
        asked_of = [*named, FULL_TEXT] if words is not None else list(named)
        if not asked_of:
            raise InvalidArgument(
                "there is nothing to search for: name a vector field, or give text", field="fields"
            )
        weighed = {
            name: weight for name, weight in checked_weights(weights, asked_of).items() if weight
        }
        wanted = SearchOptions(
            _candidates(candidates, options, limit),
            options.filter,
            include_payload=False,
            include_text=False,
        )
        searched = {name: self._field(name) for name in named}
        if options.bridge:
            crossed = self._crossed(options.bridge, named)
            searched[crossed.row.name] = crossed
        questions = {
            name: self._question_of(searched[name], asked, len(named))
            for name, asked in named.items()
            # A vector of another space is refused whatever it weighs.
            if name in weighed or not isinstance(asked, ENCODED)
        }
        # A record that is asked with is left out of what every source finds.
        without = frozenset(one.itself for one in questions.values() if one.itself is not None)
        rankings: dict[str, Ranking] = {}
        answers: dict[str, Hits] = {}
        for name, question in questions.items():
            if name in weighed:
                found, answers[name] = self._answering(searched[name]).ranking(
                    _asked(question, without), wanted, options.wanted
                )
                rankings[name] = by_vector(found, self._row.metric, searched[name].carried)
        if words is not None and FULL_TEXT in weighed:
            rankings[FULL_TEXT] = self._by_words(words, wanted, without)
        return self._hits(rankings, weighed, options, answers)

    def _crossed(self, bridge: str, named: Iterable[str]) -> Field:
        """The field that a bridge leads to, asked over it."""
        info = self._store.bridges.info(self._row, bridge)
        if info.field not in named:
            raise InvalidArgument(
                f"the bridge {bridge!r} of {self.name!r} leads to the field {info.field!r}, which "
                "is not searched; name it in fields, or leave bridge out",
                field="bridge",
            )
        return self._bridged(info.field, bridge)

    def _question_of(self, field: Field, query: Query, fields: int) -> Question:
        try:
            return self._question(field, query)
        except VecstoreError as error:
            if fields == 1:
                raise
            raise type(error)(
                f"field {field.row.name!r}: {error.message}", **error.details
            ) from error

    def _by_words(self, words: str, options: SearchOptions, without: Set[str]) -> Ranking:
        self._store.claim()
        self._store.require(self._row)
        wanted = options.k + len(without)
        passing = None if options.filter is None else self._passing(options.filter)
        found = self._store.full_text.search(self._row, words, wanted, options.filter, passing)
        if without:
            found = [one for one in found if one[0] not in without][: options.k]
        return Ranking([one for one, _ in found], [score for _, score in found])

    def _passing(self, filter_: Filter) -> Set[str] | None:
        """Ids of all records that satisfy a filter, where the open indexes can tell, and few do.

        Each record that they can tell of has a vector in some field.
        """
        if self._store.fused_reader.vectorless(self._row):
            return None
        opened = [self._store.owner.indexes.get(row.id) for row in self._row.fields]
        indexes = [index for index in opened if index is not None]
        if len(indexes) < len(opened):
            return None
        versions = [index.version for index in indexes]
        found = [index.satisfying(filter_, _MOST_PASSING) for index in indexes]
        parts = [part for part in found if part is not None]
        # A record that a commit took from one field to another meanwhile might be in neither.
        if len(parts) < len(found) or versions != [index.version for index in indexes]:
            return None
        return parts[0].union(*parts[1:])

    def _hits(
        self,
        rankings: Mapping[str, Ranking],
        weights: Mapping[str, float],
        options: SearchOptions,
        answers: Mapping[str, Hits],
    ) -> FusedHits:
        ids = {name: its.ids for name, its in rankings.items()}
        order = fused(ids, weights, options.wanted)
        details: Details | None = None
        if options.bare:
            order = order[options.offset :]
        else:
            fields = list(answers) or [DEFAULT_FIELD]
            order, details = self._detailed(order, ids, weights, options, fields)
        origins = sources(rankings, [one for one, _ in order])
        hits = []
        for (one, score), its in zip(order, origins, strict=True):
            payload, text = ({}, None) if details is None else details[one]
            shown = payload if options.include_payload else {}
            hits.append(
                fused_hit(one, score, tuple(its), shown, text if options.include_text else None)
            )
        return FusedHits(hits, dict(answers))

    def _detailed(
        self,
        order: Order,
        ids: Mapping[str, Sequence[str]],
        weights: Mapping[str, float],
        options: SearchOptions,
        fields: Sequence[str],
    ) -> tuple[Order, Details]:
        """The part of the order that is wanted, of records that are still there."""
        rows = [self._field(name).row for name in fields] if options.include_text else []
        details: Details = {}
        gone: set[str] = set()
        while True:
            part = order[: options.wanted]
            new = [one for one, _ in part[options.offset :] if one not in details]
            details |= self._store.fused_reader.details(self._row, rows, new)
            missed = [one for one in new if one not in details]
            if not missed:
                return part[options.offset :], details
            gone.update(missed)
            order = [pair for pair in fused(ids, weights) if pair[0] not in gone]


def _asked(question: Question, without: frozenset[str]) -> Question:
    others = without - {question.itself}
    return replace(question, without=others) if others else question


def _given(name: str, own: Query | None, query: Query | None) -> Query:
    given = query if own is None else own
    if given is None:
        raise InvalidArgument(
            f"the field {name!r} has no query; give one for all fields, or one of its own",
            field="query",
        )
    return given


def _words(query: Query | None, text: str | None) -> str | None:
    """What the full text is searched for; None where it is left out."""
    if text is None:
        given = query.data if isinstance(query, Input) else query
        return given if isinstance(given, str) else None
    if not isinstance(text, str):
        raise InvalidArgument(
            f"text is a {type(text).__name__}; give words, or an empty string for none",
            field="text",
        )
    return text or None


def _candidates(given: int | None, options: SearchOptions, limit: int) -> int:
    if given is None:
        return min(max(_TIMES_CANDIDATES * options.wanted, _LEAST_CANDIDATES), limit)
    return whole_number("candidates", given, 1, limit)
