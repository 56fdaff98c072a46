"""``Store.evaluate`` from top to bottom."""

from __future__ import annotations

from vecstore.judging.outcome import Outcome
from vecstore.judging.parts import Parts
from vecstore.judging.request import EvaluationRequest


def evaluate(parts: Parts, request: EvaluationRequest) -> tuple[Outcome, ...]:
    """Judge encoders, or a collection's vectors; see :meth:`Judging.evaluate`."""
    raise NotImplementedError(parts, request)
