import socket

import pytest

from vecstore.errors import FailedPrecondition, InvalidArgument
from vecstore.service.address import Address, parse_listen, require_free


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:50051", "127.0.0.1", 50051),
        ("127.8.9.1:1", "127.8.9.1", 1),
        ("localhost:0", "127.0.0.1", 0),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_loopback_is_taken(text, host, port):
    assert parse_listen(text) == Address(host, port)


@pytest.mark.parametrize("text", ["127.0.0.1:1", "[::1]:2"])
def test_an_address_reads_as_it_was_written(text):
    assert str(parse_listen(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0:50051",
        "[::]:50051",
        ":50051",
        "192.168.1.2:50051",
        "8.8.8.8:1",
        "example.org:50051",
        "localhost.example.org:1",
        "127.0.0.1.example.org:1",
        "[::ffff:10.0.0.1]:1",
    ],
)
def test_what_other_machines_can_reach_is_refused(text):
    with pytest.raises(InvalidArgument, match="other machines") as caught:
        parse_listen(text)
    assert text in caught.value.message
    assert caught.value.details["field"] == "listen"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "50051",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "::1:1",
        "unix:/tmp/socket",
        "127.0.0.1:1:1",
        "http://127.0.0.1:1",
        "127.0.0.1:١",
    ],
)
def test_other_forms_are_refused(text):
    with pytest.raises(InvalidArgument, match="HOST:PORT"):
        parse_listen(text)


def test_a_taken_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(FailedPrecondition, match=f"127.0.0.1:{port}.*in use"):
            require_free(Address("127.0.0.1", port))
    require_free(Address("127.0.0.1", port))
