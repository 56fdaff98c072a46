"""Settings: the only place that reads the environment.

Every setting has a default, and an environment variable ``VECSTORE_<NAME>`` that overrides it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, get_type_hints

from vecstore.errors import InvalidArgument

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and tuning of one store.

    Args:
        max_text_bytes: UTF-8 bytes of one text input.
        max_image_bytes: bytes of one image input.
        max_image_pixels: width times height of one image input, checked before it is decoded.
        max_payload_bytes: one record's payload as JSON.
        max_payload_depth: nesting of a payload.
        max_batch: records of one upsert, and queries of one batch.
        max_k: hits of one search.
        max_tail_bytes: vectors acknowledged and not yet in the graph; beyond it writes wait.
        tail_wait_seconds: how long a write waits for the graph before it is refused.
        idempotency_seconds: how long a write's idempotency key is remembered.
        encode_batch: inputs that an encoder is given at a time.
        index_threads: threads that build the graph; 0 for one for each core.
        hnsw_m, hnsw_ef_construction, hnsw_ef: the graph's parameters.
        filter_cache_bytes: for each vector field, memory for what satisfied the filters of earlier
            searches, and its vectors; 0 to keep nothing.
        snapshot_seconds: quiet time after which a changed index is written to disk; a large one
            seldom enough that writing takes a twentieth of the time.
        max_message_bytes: one gRPC message.
        max_in_flight: requests that a server works on at once; beyond it they are refused.
        drain_seconds: how long a stopping server waits for calls under way.
        unfamiliarity: whether search answers say how strange the query is; 0 or 1.
        disabled_plugins: names of plugins that are not loaded, separated by commas.
        allowed_plugins: if not empty, the only plugins (beside the built-in) that are loaded.
    """

    max_text_bytes: int = 1 * MIB
    max_image_bytes: int = 32 * MIB
    max_image_pixels: int = 50_000_000
    max_payload_bytes: int = 1 * MIB
    max_payload_depth: int = 32
    max_batch: int = 10_000
    max_k: int = 10_000
    max_tail_bytes: int = 256 * MIB
    tail_wait_seconds: float = 60.0
    idempotency_seconds: float = 24 * 3600.0
    encode_batch: int = 2048
    index_threads: int = 0
    hnsw_m: int = 16
    hnsw_ef_construction: int = 200
    hnsw_ef: int = 64
    filter_cache_bytes: int = 64 * MIB
    snapshot_seconds: float = 5.0
    max_message_bytes: int = 64 * MIB
    max_in_flight: int = 256
    drain_seconds: float = 10.0
    unfamiliarity: bool = True
    disabled_plugins: str = ""
    allowed_plugins: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Defaults, overridden by ``VECSTORE_*``.

        Raises:
            InvalidArgument: a variable's value does not fit its setting.
        """
        environ = os.environ if environ is None else environ
        types = get_type_hints(cls)
        given = {}
        for setting in fields(cls):
            variable = f"VECSTORE_{setting.name.upper()}"
            if variable in environ:
                given[setting.name] = _convert(variable, environ[variable], types[setting.name])
        return cls(**given)

    @property
    def threads(self) -> int:
        """Threads that build the graph."""
        return self.index_threads or os.cpu_count() or 1


def _convert(variable: str, text: str, kind: type) -> Any:
    if kind is str:
        return text
    if kind is bool:
        return _switch(variable, text)
    try:
        value = kind(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise InvalidArgument(
            f"the environment variable {variable} is {text!r}; a {kind.__name__} of 0 or more is "
            "needed",
            field=variable,
        )
    return value


def _switch(variable: str, text: str) -> bool:
    value = {"0": False, "false": False, "1": True, "true": True}.get(text.lower())
    if value is None:
        raise InvalidArgument(
            f"the environment variable {variable} is {text!r}; 0 or 1 is needed", field=variable
        )
    return value
