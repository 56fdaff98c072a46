"""Judged by scored pairs: do cosines rise where people say that two texts are alike?"""

from __future__ import annotations

from vecstore.evaluation.matrices import Vectors
from vecstore.evaluation.pairs import correlate
from vecstore.evaluations import Protocol
from vecstore.judging.baselines import baselines_of
from vecstore.judging.data import ScoredPairs
from vecstore.judging.lineup import LineUp
from vecstore.judging.outcome import Judged, Outcome
from vecstore.judging.protocols.settings import common_settings
from vecstore.judging.request import EvaluationRequest
from vecstore.judging.subjects import Subject
from vecstore.records import Role
from vecstore.spaces import FloatArray, Space

PAIR_FIGURES = ("pairs.spearman",)


def judge_pairs(pairs: ScoredPairs, lineup: LineUp, request: EvaluationRequest) -> Outcome:
    """Judge everybody by pairs, baselines first, and put each encoder's figures on record.

    Both sides of a pair are encoded as documents, since neither asks for the other.
    """
    half = len(pairs.a)
    inputs = (*pairs.a, *pairs.b)
    settings = {"role": str(Role.DOCUMENT), **common_settings(inputs)}

    def judge(name: str, rows: Vectors, space: Space | None = None) -> Judged:
        figures = correlate(rows[:half], rows[half:], pairs.scores, request.seed)
        return Judged(name, space, figures)

    def vectors(subject: Subject) -> FloatArray:
        return subject.encode(inputs, Role.DOCUMENT, (*pairs.places, *pairs.places))

    rows = lineup.baseline_vectors(baselines_of(inputs[0].modality), inputs)
    baselines = [judge(name, given) for name, (given, _) in rows.items()]
    found = lineup.judge(
        Protocol.PAIRS,
        pairs.summary,
        settings,
        baselines,
        lambda subject: judge(subject.name, vectors(subject), subject.space),
    )
    return Outcome(
        protocol=Protocol.PAIRS,
        data=pairs.summary,
        seed=request.seed,
        settings=settings,
        judged=found.judged,
        evaluations=found.evaluations,
        skipped=tuple(dict.fromkeys(lineup.skipped)),
    )
