"""Ctrl-C where more can be said about it."""

from __future__ import annotations


class Interrupted(Exception):  # noqa: N818 - as KeyboardInterrupt
    """The command was interrupted; the message is a sentence for the person who did it."""
