"""Many calls on their way at a time, by one asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

IN_FLIGHT = 16


async def in_flight(ask: Callable[[Any], Awaitable[T]], questions: Sequence[Any]) -> list[T]:
    """Answers in the questions' order, :data:`IN_FLIGHT` of them waited for at a time."""
    answers: list[Any] = [None] * len(questions)
    waiting = iter(enumerate(questions))

    async def work() -> None:
        for number, one in waiting:
            answers[number] = await ask(one)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return answers
