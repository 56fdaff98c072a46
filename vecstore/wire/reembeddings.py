"""Re-embeddings to messages and back."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from vecstore.errors import InternalError
from vecstore.records import DEFAULT_FIELD
from vecstore.reembeddings import (
    Decision,
    Doing,
    ReembedCounts,
    ReembedFailure,
    ReembedOptions,
    ReembedPlan,
    ReembedQuery,
    ReembedState,
    ReembedStatus,
    SwitchMode,
)
from vecstore.v1 import reembed_service_pb2 as pb
from vecstore.wire.reembed_reports import report_from_message, report_to_message
from vecstore.wire.vectors import space_from_message, space_to_message

E = TypeVar("E", bound=StrEnum)

_COUNTS = ("total", "moved", "carried", "pending", "failed", "brought", "without_input")


def plan_to_message(plan: ReembedPlan) -> pb.ReembedPlan:
    """What a re-embedding would take."""
    return pb.ReembedPlan(
        subject=pb.ReembedSubject(collection=plan.collection, field=plan.field),
        source=space_to_message(plan.source),
        target=space_to_message(plan.target),
        counts=_counts_to_message(plan.counts),
        encodes=plan.encodes,
        sampled=plan.sampled,
        records_per_second=plan.records_per_second,
        seconds=plan.seconds,
        bytes_needed=plan.bytes_needed,
        bytes_free=plan.bytes_free,
        notes=plan.notes,
    )


def plan_from_message(message: pb.ReembedPlan) -> ReembedPlan:
    """What a re-embedding would take."""
    return ReembedPlan(
        collection=message.subject.collection,
        field=message.subject.field,
        source=space_from_message(message.source),
        target=space_from_message(message.target),
        counts=_counts_from_message(message.counts),
        encodes=message.encodes,
        sampled=message.sampled,
        records_per_second=_optional(message, "records_per_second"),
        seconds=_optional(message, "seconds"),
        bytes_needed=message.bytes_needed,
        bytes_free=message.bytes_free,
        notes=tuple(message.notes),
    )


def status_to_message(status: ReembedStatus) -> pb.ReembedStatus:
    """How a re-embedding stands."""
    return pb.ReembedStatus(
        id=status.id,
        subject=pb.ReembedSubject(collection=status.collection, field=status.field),
        source=space_to_message(status.source),
        target=space_to_message(status.target),
        state=status.state,
        options=options_to_message(status.options),
        counts=_counts_to_message(status.counts),
        blocked=status.blocked,
        records_per_second=status.records_per_second,
        seconds_left=status.seconds_left,
        error=status.error,
        running=status.running,
        doing=status.doing or "",
        created_at=status.created_at,
        switched_at=status.switched_at,
        ended_at=status.ended_at,
        report=None if status.report is None else report_to_message(status.report),
        letting_go=status.letting_go,
    )


def status_from_message(message: pb.ReembedStatus) -> ReembedStatus:
    """How a re-embedding stands.

    Raises:
        InternalError: a state or a decision that this client does not know.
    """
    return ReembedStatus(
        id=message.id,
        collection=message.subject.collection,
        field=message.subject.field,
        source=space_from_message(message.source),
        target=space_from_message(message.target),
        state=_known(ReembedState, message.state),
        options=_options_from_message(message.options),
        counts=_counts_from_message(message.counts),
        blocked=tuple(message.blocked),
        records_per_second=_optional(message, "records_per_second"),
        seconds_left=_optional(message, "seconds_left"),
        error=message.error,
        running=message.running,
        doing=_known(Doing, message.doing) if message.doing else None,
        created_at=message.created_at,
        switched_at=message.switched_at,
        ended_at=message.ended_at,
        report=report_from_message(message.report) if message.HasField("report") else None,
        letting_go=message.letting_go,
    )


def options_to_message(options: ReembedOptions) -> pb.ReembedOptions:
    """What a re-embedding is told."""
    return pb.ReembedOptions(
        gates=options.gates,
        switch=options.switch,
        brought=options.brought,
        without_input=options.without_input,
        failures=options.failures,
        cores=options.cores,
        rollback=options.rollback,
    )


def options_asked(message: pb.ReembedOptions) -> dict[str, Any]:
    """What a caller asks for, as arguments, not checked; what is empty is left out."""
    names = ("switch", "brought", "without_input", "failures", "cores")
    given = {name: getattr(message, name) for name in names}
    return {"gates": list(message.gates), **{name: one for name, one in given.items() if one}}


def queries_to_messages(queries: Iterable[ReembedQuery]) -> list[pb.ReembedQuery]:
    """The user's queries."""
    return [pb.ReembedQuery(text=one.text, relevant=dict(one.relevant)) for one in queries]


def queries_from_messages(messages: Iterable[pb.ReembedQuery]) -> list[ReembedQuery]:
    """The user's queries, not checked."""
    return [ReembedQuery(one.text, dict(one.relevant)) for one in messages]


def failures_to_messages(failures: Iterable[ReembedFailure]) -> list[pb.ReembedFailure]:
    """Records that an encoder refused."""
    return [pb.ReembedFailure(id=one.id, reason=one.reason) for one in failures]


def failures_from_messages(messages: Iterable[pb.ReembedFailure]) -> list[ReembedFailure]:
    """Records that an encoder refused."""
    return [ReembedFailure(one.id, one.reason) for one in messages]


def field_of(subject: pb.ReembedSubject) -> str:
    """The name of the vector field that is meant."""
    return subject.field or DEFAULT_FIELD


def _options_from_message(message: pb.ReembedOptions) -> ReembedOptions:
    return ReembedOptions(
        gates=tuple(message.gates),
        switch=_known(SwitchMode, message.switch),
        brought=_known(Decision, message.brought),
        without_input=_known(Decision, message.without_input),
        failures=_known(Decision, message.failures),
        cores=message.cores,
        rollback=_known(Decision, message.rollback or Decision.ASK),
    )


def _counts_to_message(counts: ReembedCounts) -> pb.ReembedCounts:
    return pb.ReembedCounts(**{name: getattr(counts, name) for name in _COUNTS})


def _counts_from_message(message: pb.ReembedCounts) -> ReembedCounts:
    return ReembedCounts(**{name: getattr(message, name) for name in _COUNTS})


def _optional(message: pb.ReembedPlan | pb.ReembedStatus, name: str) -> float | None:
    return float(getattr(message, name)) if message.HasField(name) else None


def _known(kind: type[E], word: str) -> E:
    try:
        return kind(word)
    except ValueError:
        raise InternalError(
            f"the server sent a re-embedding with {word!r}, which this client does not know; it "
            "may be a newer vecstore than this client"
        ) from None
