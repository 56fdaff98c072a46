"""The pretext tasks that come with vecstore; the registry offers them by the hook of anyone."""

from __future__ import annotations

from vecstore.pretext import (
    captioning,
    categories,
    classification,
    contrastive,
    image_text,
    masked_patches,
    masked_tokens,
    next_sentence,
    word_context,
)
from vecstore.tasks import PretextSpec


def pretext_specs() -> tuple[PretextSpec, ...]:
    """Tasks that are always there; what they need may have to be installed."""
    return (
        word_context.SPEC,
        masked_tokens.SPEC,
        next_sentence.SPEC,
        categories.SPEC,
        classification.SPEC,
        contrastive.SPEC,
        image_text.SPEC,
        masked_patches.SPEC,
        captioning.SPEC,
    )
