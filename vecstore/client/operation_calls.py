"""The calls about work that goes on beyond the call that began it."""

from __future__ import annotations

from typing import Any

from vecstore.client.calls import Call
from vecstore.operations import Operation
from vecstore.paging import MAX_PAGE
from vecstore.reembedding.asking import checked_seconds
from vecstore.v1 import operation_service_pb2 as pb
from vecstore.wire.operations import operation_from_message
from vecstore.wire.records import sendable

_OPERATIONS = "/vecstore.v1.OperationService/"


def list_operations(include_done: bool, page_token: str) -> Call[tuple[list[Operation], str]]:
    """A page of ``list_operations(...)`` of a store, and the token of the next one."""
    return Call(
        f"{_OPERATIONS}ListOperations",
        pb.ListOperationsRequest(
            include_done=bool(include_done), page_size=MAX_PAGE, page_token=page_token
        ),
        pb.ListOperationsResponse,
        lambda answer: (
            [operation_from_message(one) for one in answer.operations],
            answer.next_page_token,
        ),
    )


def operation(id: str) -> Call[Operation]:
    """``operation(id)`` of a store."""
    request = pb.GetOperationRequest(id=sendable(id, "id"))
    return Call(f"{_OPERATIONS}GetOperation", request, pb.GetOperationResponse, _operation)


def cancel_operation(id: str) -> Call[Operation]:
    """``cancel_operation(id)`` of a store."""
    request = pb.CancelOperationRequest(id=sendable(id, "id"))
    return Call(f"{_OPERATIONS}CancelOperation", request, pb.CancelOperationResponse, _operation)


def watch_operation(id: str, every: float) -> Call[Operation]:
    """``watch_operation(...)`` of a store: the operation in every answer."""
    request = pb.WatchOperationRequest(id=sendable(id, "id"), every_seconds=checked_seconds(every))
    return Call(f"{_OPERATIONS}WatchOperation", request, pb.WatchOperationResponse, _operation)


def _operation(answer: Any) -> Operation:
    return operation_from_message(answer.operation)
