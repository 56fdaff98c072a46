"""ReembedService: a vector field moves to another space while it goes on answering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vecstore.paging import MAX_PAGE
from vecstore.reembedding.queries import require_few
from vecstore.service.bridge_servicer import BridgesServicer
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.reembeddings import (
    failures_to_messages,
    field_of,
    options_asked,
    plan_to_message,
    queries_from_messages,
    status_to_message,
)

if TYPE_CHECKING:
    from vecstore.reembedding.reembedding import Reembedding

_CORES = 0.5


class ReembedServicer(BridgesServicer):
    """Translates ReembedService to the store."""

    service = pb.DESCRIPTOR.services_by_name["ReembedService"]
    writes = frozenset(
        {
            *("StartReembed", "PauseReembed", "ResumeReembed", "CancelReembed", "SwitchReembed"),
            *("RollBackReembed", "FinishReembed"),
        }
    )

    def PlanReembed(self, request: pb.PlanReembedRequest) -> pb.PlanReembedResponse:
        plan = self._moving(request.subject).plan(
            request.encoder, transform=request.transform, cores=request.cores or _CORES
        )
        return pb.PlanReembedResponse(plan=plan_to_message(plan))

    def StartReembed(self, request: pb.StartReembedRequest) -> pb.StartReembedResponse:
        # Before anything is made of them, so that a refused request costs no memory.
        require_few(len(request.queries))
        status = self._moving(request.subject).start(
            request.encoder,
            transform=request.transform,
            queries=queries_from_messages(request.queries),
            **options_asked(request.options),
        )
        return pb.StartReembedResponse(status=status_to_message(status))

    def GetReembed(self, request: pb.GetReembedRequest) -> pb.GetReembedResponse:
        status = self._moving(request.subject).status()
        return pb.GetReembedResponse(status=status_to_message(status))

    def PauseReembed(self, request: pb.PauseReembedRequest) -> pb.PauseReembedResponse:
        status = self._moving(request.subject).pause()
        return pb.PauseReembedResponse(status=status_to_message(status))

    def ResumeReembed(self, request: pb.ResumeReembedRequest) -> pb.ResumeReembedResponse:
        status = self._moving(request.subject).resume(
            brought=request.brought or None,
            without_input=request.without_input or None,
            failures=request.failures or None,
            cores=request.cores or None,
            retry_failures=request.retry_failures,
            judge_again=request.judge_again,
            gates=list(request.gates.gates) if request.HasField("gates") else None,
        )
        return pb.ResumeReembedResponse(status=status_to_message(status))

    def CancelReembed(self, request: pb.CancelReembedRequest) -> pb.CancelReembedResponse:
        status = self._moving(request.subject).cancel(wait=False)
        return pb.CancelReembedResponse(status=status_to_message(status))

    def SwitchReembed(self, request: pb.SwitchReembedRequest) -> pb.SwitchReembedResponse:
        moving = self._moving(request.subject)
        status = moving.switch(leave_out_failures=request.leave_out_failures)
        return pb.SwitchReembedResponse(status=status_to_message(status))

    def RollBackReembed(self, request: pb.RollBackReembedRequest) -> pb.RollBackReembedResponse:
        status = self._moving(request.subject).rollback(leave_out=request.leave_out)
        return pb.RollBackReembedResponse(status=status_to_message(status))

    def FinishReembed(self, request: pb.FinishReembedRequest) -> pb.FinishReembedResponse:
        status = self._moving(request.subject).finish(wait=False)
        return pb.FinishReembedResponse(status=status_to_message(status))

    def ListReembedFailures(
        self, request: pb.ListReembedFailuresRequest
    ) -> pb.ListReembedFailuresResponse:
        page, following = self._moving(request.subject).page_of_failures(
            page_size=request.page_size or MAX_PAGE, page_token=request.page_token
        )
        return pb.ListReembedFailuresResponse(
            failures=failures_to_messages(page), next_page_token=following
        )

    def _moving(self, subject: pb.ReembedSubject) -> Reembedding:
        return self.collection(subject.collection).reembedding(field_of(subject))
