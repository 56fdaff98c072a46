"""Why a baseline is left out."""

from __future__ import annotations


class Unfit(Exception):  # noqa: N818 - it never leaves the room
    """A baseline that says nothing of some data; its text is the reason, for a sentence."""
