"""Where a server may listen: on this machine's loopback, and nowhere else."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

from vecstore.errors import FailedPrecondition, InvalidArgument

MAX_PORT = 65_535
_FORM = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """A loopback address; port 0 stands for any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(text: str) -> Address:
    """``HOST:PORT`` of a loopback address.

    Raises:
        InvalidArgument: another form, or an address that other machines can reach.
    """
    found = _FORM.fullmatch(text)
    if found is None or int(found["port"]) > MAX_PORT:
        raise _refuse(
            f"{text!r} is no address; use HOST:PORT, such as 127.0.0.1:50051 (port 0 takes any "
            "free port)"
        )
    # Not left to the resolver, which may be told that localhost is some other machine.
    host = "127.0.0.1" if found["host"] == "localhost" else found["six"] or found["host"]
    if not _is_loopback(host):
        raise _refuse(
            f"{text!r} can be reached from other machines, and this server neither encrypts nor "
            "asks who is calling; listen on 127.0.0.1, [::1] or localhost, and let a tunnel or a "
            "proxy with transport security stand before it"
        )
    return Address(host, int(found["port"]))


def require_free(address: Address) -> None:
    """Raise FailedPrecondition where a port cannot be listened on."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            raise taken(address, error.strerror or str(error)) from None


def taken(address: Address, cause: str) -> FailedPrecondition:
    """The error for a port that is not to be had."""
    return FailedPrecondition(
        f"cannot listen on {address}: {cause}; choose another port, or 0 for any that is free",
        address=address,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse(message: str) -> InvalidArgument:
    return InvalidArgument(message, field="listen")
