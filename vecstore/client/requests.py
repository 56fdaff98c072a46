"""What both kinds of connection do with a call before and after it is sent."""

from __future__ import annotations

from typing import Any

from grpc_health.v1 import health_pb2  # type: ignore[import-untyped]

from vecstore.client.calls import Call
from vecstore.errors import InvalidArgument, Unavailable

HEALTH = "/grpc.health.v1.Health/Check"


def serialized(call: Call[Any], limit: int) -> bytes:
    """The bytes of a request.

    Raises:
        InvalidArgument: more than one message may have.
    """
    raw = call.request.SerializeToString()
    if len(raw) > limit:
        raise InvalidArgument(
            f"the request has {len(raw)} bytes, and one message at most {limit}; {call.too_large}",
            field="records" if call.path.endswith("/Upsert") else "request",
        )
    return raw


def check_address(address: object) -> str:
    """The address to connect to.

    Raises:
        InvalidArgument: no address.
    """
    if not isinstance(address, str) or ":" not in address:
        raise InvalidArgument(
            f"{address!r} is no address; give HOST:PORT, such as '127.0.0.1:50051'",
            field="address",
        )
    return address


def check_timeout(timeout: object) -> float:
    """The seconds that a call may take.

    Raises:
        InvalidArgument: no time to wait.
    """
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not timeout > 0:
        raise InvalidArgument(
            f"timeout is {timeout!r}; give the seconds that a call may take, more than 0",
            field="timeout",
        )
    return timeout


def require_serving(answer: bytes, address: str) -> None:
    """Raise Unavailable where a health check says that the server is stopping."""
    health = health_pb2.HealthCheckResponse.FromString(answer)
    if health.status != health_pb2.HealthCheckResponse.SERVING:
        raise Unavailable(
            f"the server at {address} is stopping; try again in a while", address=address
        )
