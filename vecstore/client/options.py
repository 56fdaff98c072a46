"""How a connection behaves: sizes, signs of life, and connecting again."""

from __future__ import annotations

from vecstore.config import Settings

_SILENCE_MS = 15_000
_ANSWER_MS = 10_000


def channel_options(settings: Settings) -> list[tuple[str, int]]:
    """The options of a channel."""
    return [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        # A server that says nothing for so long during a call is gone. The last one is for a ping
        # that was on its way already, which stands for one of these.
        ("grpc.keepalive_time_ms", _SILENCE_MS),
        ("grpc.keepalive_timeout_ms", _ANSWER_MS),
        ("grpc.http2.ping_timeout_ms", _ANSWER_MS),
        # One that was restarted is found within seconds, however long it was away.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        # The server is on this machine: a proxy would only be in the way.
        ("grpc.enable_http_proxy", 0),
    ]
