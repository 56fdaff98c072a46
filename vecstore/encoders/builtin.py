"""The encoders that come with vecstore; the registry offers them by the hook that anyone uses."""

from __future__ import annotations

from vecstore.encoders import hashing
from vecstore.specs import EncoderSpec


def encoder_specs() -> tuple[EncoderSpec, ...]:
    """Loaders that are always there."""
    return (hashing.SPEC,)
