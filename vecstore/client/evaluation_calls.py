"""The calls that read what was found out about encoders."""

from __future__ import annotations

from vecstore.client.calls import Call, whole_number
from vecstore.evaluations import Evaluation, EvaluationPage
from vecstore.v1 import evaluation_service_pb2 as evaluation_pb
from vecstore.wire.evaluations import evaluation_from_message
from vecstore.wire.records import sendable

_EVALUATIONS = "/vecstore.v1.EvaluationService/"
_MAX_UINT64 = 2**64 - 1


def list_evaluations(encoder: str | None, page_size: int, page_token: str) -> Call[EvaluationPage]:
    """``list_evaluations(...)`` of a store."""
    request = evaluation_pb.ListEvaluationsRequest(
        encoder=sendable(encoder or "", "encoder"),
        page_size=whole_number(page_size, "page_size", 1),
        page_token=sendable(page_token, "page_token"),
    )

    def read(answer: evaluation_pb.ListEvaluationsResponse) -> EvaluationPage:
        found = tuple(evaluation_from_message(one) for one in answer.evaluations)
        return EvaluationPage(found, answer.next_page_token)

    response = evaluation_pb.ListEvaluationsResponse
    return Call(f"{_EVALUATIONS}ListEvaluations", request, response, read)


def evaluation(id: int) -> Call[Evaluation]:
    """``evaluation(id)`` of a store."""
    return Call(
        f"{_EVALUATIONS}GetEvaluation",
        evaluation_pb.GetEvaluationRequest(id=whole_number(id, "id", 1, _MAX_UINT64)),
        evaluation_pb.GetEvaluationResponse,
        lambda answer: evaluation_from_message(answer.evaluation),
    )
