"""Answers in many messages, one whenever something has gone on; nobody works while nothing does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from vecstore.errors import Overloaded
from vecstore.reembedding.asking import checked_seconds
from vecstore.service.calls import Calls, Context, abort, parse

WatchHandler = Callable[[bytes, Context], Awaitable[None]]

# Looking more often shows nobody more.
LEAST_SECONDS = 0.1
_SECONDS = 1.0


def watching(
    calls: Calls, look: Callable[[str], tuple[Message, bool]], request_type: type[Message]
) -> WatchHandler:
    """A handler that looks at something again and again, and tells what is new.

    Every look counts as a call while it lasts, a wait as none.

    Args:
        calls: of the server.
        look: at what has this id; the answer, and whether it may change without anybody. It blocks.
        request_type: what the request is parsed as; it has ``id`` and ``every_seconds``.
    """

    async def handle(raw: bytes, context: Context) -> None:
        try:
            request = parse(request_type, raw)
            every = max(checked_seconds(request.every_seconds or _SECONDS), LEAST_SECONDS)
            told, running = None, True
            while running:
                answer, running = await _look(calls, lambda: look(request.id), told)
                if answer is not None and answer != told:
                    await context.write(answer.SerializeToString())
                    told = answer
                if running:
                    await _wait(calls, every)
        except Exception as error:  # noqa: BLE001 - every error becomes a status
            await abort(context, error)

    return handle


async def _look(
    calls: Calls, look: Callable[[], tuple[Message, bool]], told: Message | None
) -> tuple[Message | None, bool]:
    """What is seen; nothing new where the server has too much to do by now."""
    try:
        calls.enter(0)
    except Overloaded:
        if told is None:
            raise
        return None, True
    try:
        return await calls.read(look)
    finally:
        calls.leave(0)


async def _wait(calls: Calls, seconds: float) -> None:
    """Let time pass; no more where the server drains, which the next look says."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(calls.draining.wait(), seconds)
