"""Passages of text, wherever they come from."""

from __future__ import annotations

from vecstore.errors import InvalidInput
from vecstore.inputs import shorten, text_flaw
from vecstore.training.data.rows import Origin


def passage_of(text: object, origin: Origin, number: int, limit: int) -> str:
    """A passage without the white space around it; empty where it is blank.

    Args:
        text: what should be one.
        origin, number: its place, for messages.
        limit: its bytes as UTF-8.

    Raises:
        InvalidInput: no text, or one that cannot be kept, or too long.
    """
    if not isinstance(text, str):
        raise InvalidInput(f"{no_text(text, origin, number)}; remove it", field="data")
    passage = text.strip()
    flaw = text_flaw(passage)
    if flaw:
        raise InvalidInput(
            f"{origin.at(number)} contains {flaw}; remove it, or give a file of text", field="data"
        )
    if len(passage) * 4 > limit and len(passage.encode()) > limit:
        raise InvalidInput(
            f"{origin.at(number)} has {len(passage.encode()):,} bytes as UTF-8; at most {limit:,} "
            "are allowed in one passage: divide it into several, or raise VECSTORE_MAX_TEXT_BYTES",
            field="data",
        )
    return passage


def no_text(value: object, origin: Origin, number: int) -> str:
    """The beginning of a message about something else in the place of a text."""
    kind = type(value).__name__
    return f"{origin.at(number)} holds {shorten(value)} ({kind}) where a text is needed"
