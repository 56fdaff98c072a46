"""How a connection behaves: sizes, signs of life, and trying again."""

from __future__ import annotations

import json

from vecstore.config import Settings

# Calls that do the same when they are done twice. Deleting is left out, since its answer would
# change, and so are creating and streams.
_REPEATABLE = {
    "EncoderService": ("ListEncoders", "GetEncoder", "Encode"),
    "CollectionService": ("GetCollection", "ListCollections"),
    "RecordService": ("Upsert", "GetRecords", "ListRecords", "CountRecords"),
    "SearchService": ("Search", "SearchBatch", "Compare"),
}
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def channel_options(settings: Settings) -> list[tuple[str, int | str]]:
    """The options of a channel."""
    return [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.per_rpc_retry_buffer_size", settings.max_message_bytes),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # The server is on this machine: a proxy would only be in the way.
        ("grpc.enable_http_proxy", 0),
        ("grpc.service_config", json.dumps(_service_config())),
    ]


def _service_config() -> dict[str, object]:
    names = [
        {"service": f"vecstore.v1.{service}", "method": method}
        for service, methods in _REPEATABLE.items()
        for method in methods
    ]
    return {"methodConfig": [{"name": names, "retryPolicy": _RETRY}]}
