"""Judged by queries: what is found among documents, and the health of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vecstore.errors import InvalidInput
from vecstore.evaluation.health import NEIGHBOURS, health
from vecstore.evaluation.matrices import Vectors
from vecstore.evaluation.retrieval import rankings, retrieve
from vecstore.evaluations import Figure, Protocol
from vecstore.judging.baselines import Baseline, baselines_of
from vecstore.judging.data import Queries
from vecstore.judging.lineup import LineUp
from vecstore.judging.outcome import Judged, Outcome
from vecstore.judging.protocols.settings import common_settings
from vecstore.judging.request import EvaluationRequest
from vecstore.judging.subjects import Subject
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray

KS = (1, 10)
SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """Queries over documents, or over the vectors of a collection.

    Args:
        queries: what was read.
        stored: the documents' vectors, shape (n, dim); None where these are to be encoded.
        texts: of documents, as people are shown them; empty for those of the queries.
    """

    queries: Queries
    stored: FloatArray | None = None
    texts: tuple[str, ...] = ()

    def documents(self, subject: Subject) -> FloatArray:
        """The documents' vectors of a subject."""
        if self.stored is not None:
            return self.stored
        inputs = self.queries.documents or ()
        return subject.encode(inputs, Role.DOCUMENT, self.document_places())

    def document_places(self) -> list[str]:
        """How messages call each document."""
        return [f"document {one!r}" for one in self.queries.ids]

    def asked(self, subject: Subject) -> FloatArray:
        """The queries' vectors of a subject."""
        return subject.encode(self.queries.queries, Role.QUERY, self.queries.places)

    def baselines(self) -> tuple[Baseline, ...]:
        """Those that fit: queries and documents must be of one kind."""
        documents = self.queries.documents or ()
        kinds = {one.modality for one in (*documents, *self.queries.queries)}
        return baselines_of(kinds.pop()) if documents and len(kinds) == 1 else ()

    def shown(self) -> tuple[str, ...]:
        """The documents as people are shown them."""
        if self.texts:
            return self.texts
        documents = self.queries.documents or ()
        named = zip(self.queries.ids, documents, strict=True)
        return tuple(_shown(one, name) for name, one in named)


def retrieval_figures(documents: int | None = None) -> tuple[str, ...]:
    """Names of the figures; with fewer documents than K, there is no recall@K."""
    recalls = (f"recall@{k}" for k in _ks(documents))
    return (
        *(f"retrieval.{name}" for name in (*recalls, "mrr", "ndcg@10")),
        *(f"health.{name}" for name in ("effective_rank", "hubness", "duplicates")),
    )


def judge_searches(searches: Searches, lineup: LineUp, request: EvaluationRequest) -> Outcome:
    """Judge everybody by queries, baselines first, and put each encoder's figures on record."""
    bench = _Bench(searches, request)
    queries = searches.queries
    rows = lineup.baseline_vectors(searches.baselines(), queries.documents or (), queries.queries)
    baselines = [bench.judge(name, asked, held) for name, (held, asked) in rows.items()]
    found = lineup.judge(
        Protocol.RETRIEVAL, queries.summary, bench.settings, baselines, bench.judge_subject
    )
    return Outcome(
        protocol=Protocol.RETRIEVAL,
        data=queries.summary,
        seed=request.seed,
        settings=bench.settings,
        judged=found.judged,
        evaluations=found.evaluations,
        queries=tuple(
            _shown(one, f"query {number}") for number, one in enumerate(queries.queries, 1)
        ),
        documents=searches.shown(),
        relevant=queries.relevant,
        skipped=tuple(dict.fromkeys((*bench.notes, *lineup.skipped))),
    )


class _Bench:
    """Where vectors are judged by the same queries."""

    def __init__(self, searches: Searches, request: EvaluationRequest) -> None:
        self._searches = searches
        self._request = request
        count = len(searches.queries.ids)
        self._ks = _ks(count)
        self.notes = [
            f"recall@{k} was left out: there are {count} documents" for k in KS if k not in self._ks
        ]
        if count <= NEIGHBOURS:
            self.notes.append(
                f"the health of the vectors was left out: it needs {NEIGHBOURS + 1} documents, "
                f"and there are {count}"
            )
        queries = searches.queries
        given = (*queries.queries, *(queries.documents or ()))
        self.settings: Mapping[str, Any] = {"ks": list(self._ks), **common_settings(given)}

    def judge_subject(self, subject: Subject) -> Judged:
        """An encoder, the health of its documents' vectors included, or a twin."""
        # Queries are few, and may be refused: they come first.
        asked = self._searches.asked(subject)
        held = self._searches.documents(subject)
        judged = self.judge(subject.name, asked, held)
        if subject.space is None:
            return judged
        figures: dict[str, Figure] = dict(judged.figures)
        if len(held) > NEIGHBOURS:
            figures.update(health(held, self._request.seed))
        return replace(judged, space=subject.space, figures=figures)

    def judge(self, name: str, asked: Vectors, held: Vectors) -> Judged:
        """Anybody's vectors."""
        request = self._request
        request.report(f"searches of {name}", 0, None)
        figures = retrieve(asked, held, self._searches.queries.relevant, self._ks, request.seed)
        found = rankings(asked, held, min(SHOWN, held.shape[0]))
        return Judged(name, None, figures, rankings=found)


def check_searches(searches: Searches) -> None:
    """Raise InvalidInput where one document is all that can be found."""
    if len(searches.queries.ids) < 2:  # noqa: PLR2004 - a choice
        raise InvalidInput(
            "there is one document, which every query finds; give at least two",
            field="documents",
        )


def _ks(documents: int | None) -> tuple[int, ...]:
    return tuple(k for k in KS if documents is None or k <= documents)


def _shown(one: Input, name: str) -> str:
    return name if one.modality is Modality.IMAGE else str(one.data)
