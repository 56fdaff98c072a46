"""Many calls on their way at a time, by one asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from benchmarks.peers.engines import IN_FLIGHT


async def in_flight(
    ask: Callable[[Any], Awaitable[list[int]]], questions: Sequence[Any]
) -> list[list[int]]:
    """Answers in the questions' order."""
    answers: list[list[int]] = [[] for _ in questions]
    waiting = iter(enumerate(questions))

    async def work() -> None:
        for number, one in waiting:
            answers[number] = await ask(one)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return answers
