"""Answers in many messages, pulled one by one from a blocking generator.

Such a call counts as one call until its last message has been taken. A thread works for it only
while a message is made; while the caller takes its time, none does.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator

from google.protobuf.message import Message

from vecstore.errors import DeadlineExceeded
from vecstore.service.calls import Calls, Context, abort, parse

Answers = Generator[Message, None, None]
StreamHandler = Callable[[bytes, Context], Awaitable[None]]

# Whoever takes nothing for so long holds up what the answer is made from.
STALLED_SECONDS = 60.0


def streaming(
    calls: Calls, method: Callable[..., Answers], request_type: type[Message]
) -> StreamHandler:
    """A handler around a method that generates messages, none of them before it is asked for.

    Args:
        calls: of the server.
        method: the servicer's method.
        request_type: what the request is parsed as.
    """

    async def handle(raw: bytes, context: Context) -> None:
        try:
            calls.enter(len(raw))
            try:
                await _send(calls, _Pulled(method(parse(request_type, raw))), context)
            finally:
                calls.leave(len(raw))
        except Exception as error:  # noqa: BLE001 - every error becomes a status
            await abort(context, error)

    return handle


async def _send(calls: Calls, answers: _Pulled, context: Context) -> None:
    try:
        while (answer := await calls.read(answers.next)) is not None:
            if not await _written(answer, context):
                return
    finally:
        await asyncio.shield(calls.read(answers.close))


async def _written(answer: bytes, context: Context) -> bool:
    """Whether the caller is still there."""
    try:
        await asyncio.wait_for(context.write(answer), STALLED_SECONDS)
    except TimeoutError:
        raise DeadlineExceeded(
            f"nothing was taken of the answer for {STALLED_SECONDS:.0f} s, so it was given up; "
            "call again, and take it as it comes"
        ) from None
    except Exception:
        if not context.done():
            raise
        return False
    return True


class _Pulled:
    """A generator that is asked and closed by different threads, never by two at once."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._gate = threading.Lock()

    def next(self) -> bytes | None:
        with self._gate:
            answer = next(self._answers, None)
            return None if answer is None else answer.SerializeToString()

    def close(self) -> None:
        with self._gate:
            self._answers.close()
