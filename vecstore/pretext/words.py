"""Text to words, by one rule that training and encoding share."""

from __future__ import annotations

import re
import unicodedata

REVISION = "nfkc-casefold-words/1"
"""Raised whenever the rule changes, so that words of two rules never meet in one model."""

_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    r"""The words of a text, in order.

    The text is brought to NFKC, its case is folded, and every run of ``\w+`` (letters, digits,
    underscores of any script) is a word. Scripts without spaces give one word a run.
    """
    if text.isascii():  # the same words, found more quickly
        return _WORD.findall(text.lower())
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
