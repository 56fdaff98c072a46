"""Errors to ``google.rpc.Status`` and back to the same class, message and details.

The canonical code follows from the class; ``ErrorInfo`` (domain ``vecstore``) carries the reason
and the details. Whatever is not an error of ours is a bug: the caller gets an id, and nothing of
the server's insides.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping

from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import (  # type: ignore[import-untyped]
    code_pb2,
    error_details_pb2,
    status_pb2,
)

from vecstore import errors

DOMAIN = "vecstore"
DETAILS_KEY = "grpc-status-details-bin"

# An error travels in HTTP/2 trailers, of which a client takes about 8 KiB; the message is in them
# twice, once percent-encoded and once in base64.
_MESSAGE_BYTES = 1000
_VALUE_BYTES = 300
_DETAILS_BYTES = 1500

_log = logging.getLogger("vecstore.errors")

_CODES: dict[type[errors.VecstoreError], int] = {
    errors.InvalidArgument: code_pb2.INVALID_ARGUMENT,
    errors.NotFound: code_pb2.NOT_FOUND,
    errors.AlreadyExists: code_pb2.ALREADY_EXISTS,
    errors.VersionConflict: code_pb2.ABORTED,
    errors.FailedPrecondition: code_pb2.FAILED_PRECONDITION,
    errors.Overloaded: code_pb2.RESOURCE_EXHAUSTED,
    errors.Unavailable: code_pb2.UNAVAILABLE,
    errors.DeadlineExceeded: code_pb2.DEADLINE_EXCEEDED,
    errors.PluginError: code_pb2.FAILED_PRECONDITION,
    # Worth another try: a disk gets room again, a database comes back.
    errors.StorageError: code_pb2.UNAVAILABLE,
    errors.InternalError: code_pb2.INTERNAL,
}
# The first class of a code stands for it where no reason is given.
_BY_CODE: Mapping[int, type[errors.VecstoreError]] = {
    code: kind for kind, code in reversed(_CODES.items())
}


def error_to_status(error: BaseException) -> status_pb2.Status:
    """The status of an error; see :func:`as_known` for what becomes of a bug."""
    known = as_known(error)
    text = _cut(known.message, _MESSAGE_BYTES)
    status = status_pb2.Status(code=_code(type(known)), message=text)
    status.details.extend(_pack(detail) for detail in _details(known, text))
    return status


def as_known(error: BaseException) -> errors.VecstoreError:
    """The error as a caller may see it.

    Whatever is not ours, or an InternalError without an id, is logged with its stack under a new
    id; the error that is returned holds the id only.
    """
    ours = isinstance(error, errors.VecstoreError) and _code(type(error)) != code_pb2.INTERNAL
    if ours or (isinstance(error, errors.InternalError) and error.error_id):
        return error  # type: ignore[return-value]
    error_id = uuid.uuid4().hex[:12]
    _log.error("internal error %s", error_id, exc_info=error)
    return errors.InternalError(
        f"the server failed on its own account; its log has the cause under {error_id}",
        error_id=error_id,
    )


def error_from_status(status: status_pb2.Status) -> errors.VecstoreError:
    """The error that a status stands for: of its own class where the server is a vecstore."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info) and info.domain == DOMAIN:
            kind = _BY_REASON.get(info.reason) or _kind(status.code)
            return kind(status.message, **_keywords(info.metadata))
        info.Clear()
    return _kind(status.code)(status.message)


def _code(kind: type[errors.VecstoreError]) -> int:
    return next((_CODES[base] for base in kind.__mro__ if base in _CODES), code_pb2.INTERNAL)


def _kind(code: int) -> type[errors.VecstoreError]:
    return _BY_CODE.get(code, errors.InternalError)


def _details(error: errors.VecstoreError, text: str) -> Iterator[message.Message]:
    yield error_details_pb2.ErrorInfo(
        reason=error.reason, domain=DOMAIN, metadata=_metadata(error.details)
    )
    if isinstance(error, errors.InvalidArgument) and "field" in error.details:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=_cut(error.details["field"], _VALUE_BYTES), description=_cut(text, _VALUE_BYTES)
        )
        yield error_details_pb2.BadRequest(field_violations=[violation])
    if isinstance(error, errors.SpaceRetired):
        # The subject is the space that vectors are to be of from now on.
        retired = error_details_pb2.PreconditionFailure.Violation(
            type=error.reason,
            subject=_cut(error.details.get("live", ""), _VALUE_BYTES),
            description=_cut(text, _VALUE_BYTES),
        )
        yield error_details_pb2.PreconditionFailure(violations=[retired])
    if isinstance(error, errors.Overloaded):
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(round(1000 * error.retry_after))
        yield error_details_pb2.RetryInfo(retry_delay=delay)


def _metadata(details: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    room = _DETAILS_BYTES
    for key, value in details.items():
        text = _cut(value, _VALUE_BYTES)
        room -= len(key.encode()) + len(text.encode())
        if room < 0:
            break
        kept[key] = text
    return kept


def _cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` bytes of UTF-8, with a mark where something was left out."""
    raw = text.encode(errors="replace")
    if len(raw) <= limit:
        return raw.decode()
    return raw[: limit - 3].decode(errors="ignore") + "..."


def _pack(detail: message.Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def _keywords(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if key not in {"self", "message"}}


def _tree(kind: type[errors.VecstoreError]) -> Iterator[type[errors.VecstoreError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


_BY_REASON = {kind.reason: kind for kind in _tree(errors.VecstoreError)}
