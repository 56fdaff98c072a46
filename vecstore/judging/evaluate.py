"""``Store.evaluate`` from top to bottom: read, check, judge, put on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vecstore.errors import InvalidArgument
from vecstore.evaluation.needs import require_libraries
from vecstore.judging.collections import collection_competitor, read_collection
from vecstore.judging.data import read_documents, read_inputs, read_pairs, read_queries
from vecstore.judging.lineup import Competitor, LineUp
from vecstore.judging.outcome import Outcome
from vecstore.judging.parts import Parts
from vecstore.judging.protocols.labels import (
    Labelled,
    check_labelled,
    choose_shots,
    judge_labels,
    label_figures,
)
from vecstore.judging.protocols.pairs import PAIR_FIGURES, judge_pairs
from vecstore.judging.protocols.retrieval import (
    Searches,
    check_searches,
    judge_searches,
    retrieval_figures,
)
from vecstore.judging.request import SHOTS, EvaluationRequest
from vecstore.judging.subjects import find_subjects
from vecstore.records import Input

Judge = Callable[[LineUp, EvaluationRequest], Outcome]


@dataclass(frozen=True, slots=True, eq=False)
class Bout:
    """One protocol over data that was read and found to serve.

    Args:
        judge: judges everybody.
        examples: one of each kind of input that encoders will be given.
    """

    judge: Judge
    examples: tuple[Input, ...]


def evaluate(parts: Parts, request: EvaluationRequest) -> tuple[Outcome, ...]:
    """Judge encoders, or a collection's vectors; see :meth:`Judging.evaluate`."""
    require_libraries()
    names = _resolved(parts, request)
    if request.collection:
        row = parts.row(request.collection)
        labelled, searches = read_collection(parts, row, request)
        bouts = list(_bouts(request, labelled, searches))
        competitors = [collection_competitor(parts, row, names, request)]
    else:
        bouts = list(_read(parts, request))
        examples = [one for bout in bouts for one in bout.examples]
        found = find_subjects(parts, names, request.transform, examples, request.report)
        competitors = [Competitor(subject, release, done) for release, done, subject in found]
    return tuple(bout.judge(_lineup(parts, competitors, request), request) for bout in bouts)


def figure_names(
    *, labels: bool, queries: bool, pairs: bool, shots: Sequence[int] | None = None
) -> tuple[str, ...]:
    """Names of the figures that there may be, by what is judged.

    Args:
        labels, queries, pairs: whether these are given.
        shots: samples a class; None for the usual ones.
    """
    names: list[str] = []
    if labels:
        names += label_figures(shots or SHOTS)
    if queries:
        names += retrieval_figures()
    if pairs:
        names += PAIR_FIGURES
    return tuple(dict.fromkeys(names))


def _resolved(parts: Parts, request: EvaluationRequest) -> list[str]:
    """The encoders' full names: a name that is wrong is told before anything is read."""
    names = [parts.models.resolve(one).name for one in request.encoders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidArgument(
            f"the encoder {twice[0]} is named twice; name it once", field="encoders"
        )
    return names


def _lineup(parts: Parts, competitors: Sequence[Competitor], request: EvaluationRequest) -> LineUp:
    return LineUp(parts, tuple(competitors), request.baselines, request.seed, request.report)


def _read(parts: Parts, request: EvaluationRequest) -> Iterator[Bout]:
    """All of the data, read and checked."""
    settings, columns = parts.settings, request.columns
    labelled = searches = None
    request.report("reading", 0, None)
    if request.labelled is not None:
        inputs = read_inputs(
            request.labelled,
            settings,
            labelled=True,
            columns=columns,
            on_error=request.on_error,
            on_skipped=request.on_skipped,
            limit=request.limit,
            seed=request.seed,
        )
        labelled = Labelled.of(inputs)
    if request.queries is not None:
        documents = read_documents(request.documents, settings, columns)
        searches = Searches(read_queries(request.queries, settings, documents))
    yield from _bouts(request, labelled, searches)
    if request.pairs is not None:
        pairs = read_pairs(request.pairs, settings, request.pair_columns)
        yield Bout(lambda lineup, request: judge_pairs(pairs, lineup, request), (pairs.a[0],))


def _bouts(
    request: EvaluationRequest, labelled: Labelled | None, searches: Searches | None
) -> Iterator[Bout]:
    if labelled is not None:
        given = labelled
        check_labelled(given)
        shots = choose_shots(given, request.shots)
        yield Bout(
            lambda lineup, request: judge_labels(given, shots, lineup, request), given.inputs[:1]
        )
    if searches is not None:
        wanted = searches
        check_searches(wanted)
        queries = wanted.queries
        # Rows may be of several kinds, though seldom are.
        kinds = {one.modality: one for one in (*(queries.documents or ()), *queries.queries)}
        yield Bout(
            lambda lineup, request: judge_searches(wanted, lineup, request), tuple(kinds.values())
        )
