"""Answers of one vector field: what is nearest, the part of it that was asked for, and its hits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from vecstore.calibrations import Unfamiliarity
from vecstore.collection.ranking import distances_in_range, diverse, in_range, score
from vecstore.config import Settings
from vecstore.errors import NotFound
from vecstore.fields import Field, Question
from vecstore.filters import Filter
from vecstore.hits import Hit, Hits, Strangeness
from vecstore.index.batching import Columns
from vecstore.index.searching import Found
from vecstore.plans import Plan, Strategy
from vecstore.searches import SearchOptions
from vecstore.spaces import FloatArray
from vecstore.storage.reads import Reader

_ATTEMPTS = 50
# A filtered search that must pass over nearer hits looks at so many times as many each time.
_WIDER = 4

Answer = tuple[Found, Plan | None]


@dataclass(frozen=True, slots=True)
class Ranked:
    """What was found for one query.

    Args:
        found: the part of the ranking that was asked for.
        nearest: distance of the nearest record; None where there is none.
        plan: how it was found, where that was asked.
    """

    found: Found
    nearest: float | None
    plan: Plan | None


class Answering:
    """Answers questions to one field.

    Args:
        field: the field.
        reader: where payloads, texts and vectors are.
        settings: how many cores a batch may use.
    """

    __slots__ = ("_field", "_reader", "_settings")

    def __init__(self, field: Field, reader: Reader, settings: Settings) -> None:
        self._field = field
        self._reader = reader
        self._settings = settings

    def answer(self, question: Question, options: SearchOptions) -> Hits:
        """The nearest records, and how strange the query is."""
        if not (options.plain and options.bare and not question.without):
            return self.answers([question], options)[0]
        # The hot path: nothing that is not asked for.
        field, filter_ = self._field, options.filter
        found, _ = field.nearest(question, options.k, filter_)
        strange: Strangeness = None
        if field.tells_unfamiliar:
            if filter_ is not None:
                strange = self._strangeness_beside(question)
            elif found:
                strange = field.strangeness(question, found[0][0])
        told = (strange, field.evaluated(), None, field.bridge, field.bridge_forced)
        return Hits(field.bare_hits(found), field.space, *told)

    def ranking(self, question: Question, options: SearchOptions, shown: int) -> tuple[Found, Hits]:
        """All that is found, and :meth:`answer` with no more than the first hits of it.

        Args:
            question: what is asked.
            options: of hits that are bare.
            shown: hits of the answer.
        """
        ranked = self.ranked([question], options)[0]
        strange = self.strangeness([question], [ranked], options.filter)[0]
        field, found = self._field, ranked.found
        hits, over = field.bare_hits(found[:shown]), (field.bridge, field.bridge_forced)
        return found, Hits(hits, field.space, strange, field.evaluated(), ranked.plan, *over)

    def answers(self, questions: Sequence[Question], options: SearchOptions) -> list[Hits]:
        """The same for many questions, of which as much as can be is done together."""
        ranked = self.ranked(questions, options)
        hits = self.hits([one.found for one in ranked], options)
        for attempt in range(_ATTEMPTS):
            torn = [n for n, one in enumerate(ranked) if len(hits[n]) < len(one.found)]
            if not torn:
                break
            # A commit fell between index and database: the index follows in a moment.
            time.sleep(0.001 * attempt)
            again = self.ranked([questions[n] for n in torn], options)
            for n, one, its in zip(
                torn, again, self.hits([one.found for one in again], options), strict=True
            ):
                ranked[n], hits[n] = one, its
        strange = self.strangeness(questions, ranked, options.filter)
        field, evaluated = self._field, self._field.evaluated()
        over = field.bridge, field.bridge_forced
        return [
            Hits(its, field.space, strangeness, evaluated, one.plan, *over)
            for its, one, strangeness in zip(hits, ranked, strange, strict=True)
        ]

    def batch(self, values: FloatArray, options: SearchOptions) -> list[Hits]:
        """Bare hits of plain searches: :meth:`answers` for vectors alone, with nothing between.

        Args:
            values: admitted vectors, shape (n, dim), float32.
            options: plain and bare ones, without a filter.
        """
        field, evaluated = self._field, self._field.evaluated()
        answers: list[Hits] = []
        for some in field.index.search_many(values, options.k):
            rows = field.rows_of_hits(some)
            asked = values[len(answers) : len(answers) + len(rows)]
            strange = field.all_strangeness(asked, rows)
            answers += [
                Hits(hits, field.space, one, evaluated)
                for hits, one in zip(rows, strange, strict=True)
            ]
        return answers

    def ranked(self, questions: Sequence[Question], options: SearchOptions) -> list[Ranked]:
        """What is nearest to each, within the range, in the order and the window asked for."""
        answers = self._nearest(questions, options.pool, options.filter, explain=options.explain)
        if options.plain:
            return [Ranked(found, found[0][0] if found else None, plan) for found, plan in answers]
        return [
            self._chosen(question, answer, options)
            for question, answer in zip(questions, answers, strict=True)
        ]

    def hits(self, founds: Sequence[Found], options: SearchOptions) -> list[list[Hit]]:
        """Hits with what they are to bring along; less where a record has changed meanwhile."""
        if options.bare:
            return [self._field.bare_hits(found) for found in founds]
        row, ids = self._field.row, list({hit[1]: None for found in founds for hit in found})
        vectors, details = None, None
        if options.include_vectors:
            vectors = dict(self._reader.stored_vectors(row, ids).values())
        if options.include_payload or options.include_text:
            details = self._reader.details(self._field.collection, row, ids)
        rows = []
        for found in founds:
            hits = []
            for hit, (_, _, label) in zip(self._field.bare_hits(found), found, strict=True):
                if (vectors is not None and label not in vectors) or (
                    details is not None and label not in details
                ):
                    continue
                payload, text = ({}, None) if details is None else details[label]
                hits.append(
                    Hit(
                        hit.id,
                        hit.distance,
                        hit.score,
                        payload if options.include_payload else {},
                        text if options.include_text else None,
                        None if vectors is None else vectors[label],
                        hit.carried,
                    )
                )
            rows.append(hits)
        return rows

    def strangeness(
        self, questions: Sequence[Question], ranked: Sequence[Ranked], filter_: Filter | None
    ) -> list[Strangeness]:
        """How far each query lies from all that the field holds, whatever a filter leaves of it."""
        field = self._field
        if not field.tells_unfamiliar:
            return [None] * len(questions)
        if filter_ is not None:
            return [self._strangeness_beside(one) for one in questions]
        return [
            field.strangeness(question, one.nearest)
            for question, one in zip(questions, ranked, strict=True)
        ]

    def _strangeness_beside(self, question: Question) -> Strangeness:
        """The same beside a filter."""
        # A search of its own, and slower than the one with the filter: left until it is asked for,
        # unless the query is to be gathered now.
        asked = partial(self._strangeness_apart, question)
        return asked() if self._field.gathers else asked

    def _strangeness_apart(self, question: Question) -> Unfamiliarity | None:
        found, _ = self._nearest_alone(question, 1, None, explain=False)
        return self._field.strangeness(question, found[0][0] if found else None)

    def _nearest(
        self,
        questions: Sequence[Question],
        k: int,
        filter_: Filter | None,
        *,
        explain: bool = False,
    ) -> list[Answer]:
        if len(questions) > 1 and filter_ is None and not explain:
            return self._nearest_together(questions, k)

        def ask(question: Question) -> Answer:
            return self._nearest_alone(question, k, filter_, explain=explain)

        threads = self._settings.threads
        if filter_ is None or len(questions) <= threads or threads == 1:
            return [ask(one) for one in questions]
        # What satisfies the filter is known after the first, and is the same for all that follow.
        first = ask(questions[0])
        with ThreadPoolExecutor(threads, "vecstore-filtered") as pool:
            return [first, *pool.map(ask, questions[1:])]

    def _nearest_together(self, questions: Sequence[Question], k: int) -> list[Answer]:
        """Queries that leave equally many records out are one call of the index."""
        by_width: dict[int, list[int]] = {}
        for number, one in enumerate(questions):
            width = k + (one.itself is not None) + len(one.without)
            by_width.setdefault(width, []).append(number)
        answers: list[Answer] = [([], None)] * len(questions)
        for width, numbers in by_width.items():
            values = np.stack([questions[number].vector.values for number in numbers])
            found = (
                hits
                for some in self._field.index.search_many(values, width)
                for hits in (some.rows() if isinstance(some, Columns) else some)
            )
            for number, hits in zip(numbers, found, strict=True):
                answers[number] = (hits if width == k else _left(hits, questions[number], k)), None
        return answers

    def _nearest_alone(
        self, question: Question, k: int, filter_: Filter | None, *, explain: bool
    ) -> Answer:
        width = k + len(question.without)
        found, plan = self._field.nearest(question, width, filter_, explain=explain)
        return (_left(found, question, k) if question.without else found), plan

    def _chosen(self, question: Question, answer: Answer, options: SearchOptions) -> Ranked:
        (found, plan), metric = answer, self._field.collection.metric
        nearest = found[0][0] if found else None
        if options.min_score is not None or options.max_score is not None:
            inside = in_range(found, metric, options)
            if len(inside) < options.pool <= len(found) and not self._below(found, options):
                inside, plan = self._farther(question, plan, options)
            found = inside
        if options.diversity:
            found = self._diverse(found, options.wanted, options.diversity)
        return Ranked(found[options.offset : options.wanted], nearest, plan)

    def _below(self, found: Found, options: SearchOptions) -> bool:
        """Whether whatever follows has too low a score."""
        last = score(found[-1][0], self._field.collection.metric)
        return options.min_score is not None and last < options.min_score

    def _farther(self, question: Question, plan: Plan | None, options: SearchOptions) -> Answer:
        """Hits in the range where nearer ones than those must be passed over."""
        metric, pool = self._field.collection.metric, options.pool
        if options.filter is None:
            return self._measured(question, plan, options)
        width = pool
        while True:
            width *= _WIDER
            found, _ = self._nearest_alone(question, width, options.filter, explain=False)
            inside = in_range(found, metric, options)
            if len(inside) >= pool or len(found) < width or self._below(found, options):
                return inside[:pool], plan

    def _measured(self, question: Question, plan: Plan | None, options: SearchOptions) -> Answer:
        """The same without a filter: every record is measured."""
        field, values = self._field, question.vector.values
        labels, distances = field.index.distances(values)
        inside = distances_in_range(distances, field.collection.metric, options)
        labels, distances = labels[inside], distances[inside]
        width = options.pool + len(question.without) + 1
        if len(labels) > width:
            labels = labels[distances <= np.partition(distances, width - 1)[width - 1]]
        found = field.index.search(values, width, allowed=labels) if len(labels) else []
        if plan is not None:
            plan = replace(
                plan,
                strategy=Strategy.SCAN,
                reason="nearer records than max_score allows are passed over, so all are measured",
                examined=len(inside),
            )
        return _left(found, question, options.pool), plan

    def _diverse(self, found: Found, count: int, share: float) -> Found:
        """The same hits in the order of maximal marginal relevance, as many as are wanted."""
        if len(found) <= 1:
            return found
        index, metric = self._field.index, self._field.collection.metric
        while True:
            try:
                vectors = index.vectors(np.array([label for _, _, label in found], np.int64))
                break
            except NotFound:  # a record has changed meanwhile
                live = set(index.labels().tolist())
                found = [hit for hit in found if hit[2] in live]
        relevance = np.array([score(distance, metric) for distance, _, _ in found])
        return [found[row] for row in diverse(vectors, relevance, metric, count, share)]


def _left(found: Found, question: Question, k: int) -> Found:
    """What is found without the records that the query is made of."""
    itself, without = question.itself, question.without
    return [hit for hit in found if hit[1] != itself and hit[1] not in without][:k]
