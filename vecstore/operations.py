"""Work that goes on beyond the call that began it, as callers see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running piece of work.

    Args:
        id: by which it is asked for.
        kind: what it is: ``reembed``.
        subject: what it works on, such as ``docs/default``.
        state: the kind's own word for how far it has come.
        done: whether nothing more will happen.
        progress: 0 to 1.
        message: one line for people: counts, rate, time left.
        error: what stopped it; empty where nothing did.
        created_at, ended_at: ISO 8601, UTC; the latter empty until it is done.
    """

    id: str
    kind: str
    subject: str
    state: str
    done: bool = False
    progress: float = 0.0
    message: str = ""
    error: str = ""
    created_at: str = ""
    ended_at: str = ""
