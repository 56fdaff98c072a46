"""EvaluationService: what was found out about encoders."""

from __future__ import annotations

from vecstore.service.servicer import Servicer
from vecstore.v1 import evaluation_service_pb2 as pb
from vecstore.wire.evaluations import evaluation_to_message

_DEFAULT_PAGE = 100


class EvaluationServicer(Servicer):
    """Translates EvaluationService to the store."""

    service = pb.DESCRIPTOR.services_by_name["EvaluationService"]

    def ListEvaluations(self, request: pb.ListEvaluationsRequest) -> pb.ListEvaluationsResponse:
        page = self.store.list_evaluations(
            request.encoder or None,
            page_size=request.page_size or _DEFAULT_PAGE,
            page_token=request.page_token,
        )
        return pb.ListEvaluationsResponse(
            evaluations=[evaluation_to_message(one) for one in page.evaluations],
            next_page_token=page.next_page_token,
        )

    def GetEvaluation(self, request: pb.GetEvaluationRequest) -> pb.GetEvaluationResponse:
        evaluation = self.store.evaluation(request.id)
        return pb.GetEvaluationResponse(evaluation=evaluation_to_message(evaluation))
