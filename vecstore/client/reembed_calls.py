"""The calls about fields that move to other spaces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vecstore.client.calls import Call
from vecstore.config import Settings
from vecstore.errors import InvalidArgument
from vecstore.reembedding.asking import checked_cores, checked_options, decision
from vecstore.reembeddings import ReembedFailure, ReembedPlan, ReembedQuery, ReembedStatus
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.records import sendable
from vecstore.wire.reembeddings import (
    failures_from_messages,
    options_to_message,
    plan_from_message,
    queries_to_messages,
    status_from_message,
)

if TYPE_CHECKING:
    from google.protobuf.message import Message

_REEMBED = "/vecstore.v1.ReembedService/"

Queries = Sequence[ReembedQuery] | str | Path


def subject(collection: str, field: str) -> pb.ReembedSubject:
    """The vector field that is moved.

    Raises:
        InvalidArgument: no name of a field.
    """
    if not sendable(field, "field"):
        raise InvalidArgument(
            "field is empty; give the name of a vector field, or leave it out", field="field"
        )
    return pb.ReembedSubject(collection=collection, field=field)


def plan(of: pb.ReembedSubject, encoder: str, transform: str, cores: float) -> Call[ReembedPlan]:
    """``plan(...)`` of a re-embedding."""
    request = pb.PlanReembedRequest(
        subject=of,
        encoder=sendable(encoder, "encoder"),
        transform=sendable(transform, "transform"),
        cores=checked_cores(cores),
    )
    return Call(
        f"{_REEMBED}PlanReembed",
        request,
        pb.PlanReembedResponse,
        lambda answer: plan_from_message(answer.plan),
    )


def start(
    of: pb.ReembedSubject,
    encoder: str,
    transform: str,
    queries: Queries | None,
    settings: Settings,
    gates: Sequence[str],
    **options: Any,
) -> Call[ReembedStatus]:
    """``start(...)`` of a re-embedding; a file of queries is read on this side.

    Raises:
        InvalidArgument, InvalidInput: as of the embedded one.
    """
    from vecstore.reembedding.gates import parsed_gates
    from vecstore.reembedding.queries import asked_queries

    asked = () if queries is None else asked_queries(queries, settings)
    wanted = parsed_gates(gates, any(one.relevant for one in asked))
    request = pb.StartReembedRequest(
        subject=of,
        encoder=sendable(encoder, "encoder"),
        transform=sendable(transform, "transform"),
        options=options_to_message(checked_options(gates=wanted, **options)),
        queries=queries_to_messages(asked),
    )
    return Call(
        f"{_REEMBED}StartReembed",
        request,
        pb.StartReembedResponse,
        _status,
        too_large="give fewer queries",
    )


def status(of: pb.ReembedSubject) -> Call[ReembedStatus]:
    """``status()`` of a re-embedding."""
    return _step("GetReembed", pb.GetReembedRequest(subject=of), pb.GetReembedResponse)


def pause(of: pb.ReembedSubject) -> Call[ReembedStatus]:
    """``pause()`` of a re-embedding."""
    return _step("PauseReembed", pb.PauseReembedRequest(subject=of), pb.PauseReembedResponse)


def resume(
    of: pb.ReembedSubject,
    brought: str | None,
    without_input: str | None,
    failures: str | None,
    cores: float | None,
    retry_failures: bool,
    judge_again: bool,
    gates: Sequence[str] | None,
) -> Call[ReembedStatus]:
    """``resume(...)`` of a re-embedding.

    Raises:
        InvalidArgument: as of the embedded one.
    """
    from vecstore.reembedding.gates import parsed_gates

    given = {"brought": brought, "without_input": without_input, "failures": failures}
    request = pb.ResumeReembedRequest(
        subject=of,
        **{name: decision(name, one) for name, one in given.items() if one is not None},
        cores=None if cores is None else checked_cores(cores),
        retry_failures=retry_failures,
        judge_again=judge_again,
        # Whether there are queries is known to the server.
        gates=None if gates is None else pb.ReembedGates(gates=parsed_gates(gates, True)),
    )
    return _step("ResumeReembed", request, pb.ResumeReembedResponse)


def cancel(of: pb.ReembedSubject) -> Call[ReembedStatus]:
    """``cancel()`` of a re-embedding."""
    return _step("CancelReembed", pb.CancelReembedRequest(subject=of), pb.CancelReembedResponse)


def switch(of: pb.ReembedSubject, leave_out_failures: bool) -> Call[ReembedStatus]:
    """``switch(...)`` of a re-embedding."""
    request = pb.SwitchReembedRequest(subject=of, leave_out_failures=leave_out_failures)
    return _step("SwitchReembed", request, pb.SwitchReembedResponse)


def rollback(of: pb.ReembedSubject, leave_out: bool) -> Call[ReembedStatus]:
    """``rollback(...)`` of a re-embedding."""
    request = pb.RollBackReembedRequest(subject=of, leave_out=leave_out)
    return _step("RollBackReembed", request, pb.RollBackReembedResponse)


def finish(of: pb.ReembedSubject) -> Call[ReembedStatus]:
    """``finish()`` of a re-embedding."""
    return _step("FinishReembed", pb.FinishReembedRequest(subject=of), pb.FinishReembedResponse)


def failures(of: pb.ReembedSubject, page_token: str) -> Call[tuple[list[ReembedFailure], str]]:
    """A page of ``failures()`` of a re-embedding, and the token of the next one."""
    return Call(
        f"{_REEMBED}ListReembedFailures",
        pb.ListReembedFailuresRequest(subject=of, page_token=page_token),
        pb.ListReembedFailuresResponse,
        lambda answer: (failures_from_messages(answer.failures), answer.next_page_token),
    )


def _step(method: str, request: Message, response: type[Message]) -> Call[ReembedStatus]:
    return Call(f"{_REEMBED}{method}", request, response, _status)


def _status(answer: Any) -> ReembedStatus:
    return status_from_message(answer.status)
