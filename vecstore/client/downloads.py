"""Answers in many messages, as they come; there is no deadline for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import grpc

from vecstore.client import failures
from vecstore.client.calls import Call

T = TypeVar("T")
R = TypeVar("R")


def download(answers: Any, call: Call[T], address: str, take: Callable[[Iterator[T]], R]) -> R:
    """Hand the answers to a call to whoever takes them; what is not taken is not sent.

    Args:
        answers: of a stream that has begun.
        call: what was asked.
        address: of whom.
        take: is given the answers, and gives the result.
    """
    try:
        return take(each(lambda: next(answers, None), call, address))
    finally:
        answers.cancel()


async def download_async(
    answers: Any, call: Call[T], address: str, take: Callable[[Iterator[T]], R]
) -> R:
    """Like :func:`download`; ``take`` blocks, and is run in a thread."""
    loop = asyncio.get_running_loop()

    async def following() -> bytes | None:
        answer = await answers.read()
        return None if answer is grpc.aio.EOF else answer

    def ask() -> bytes | None:
        return asyncio.run_coroutine_threadsafe(following(), loop).result()

    try:
        return await asyncio.to_thread(take, each(ask, call, address))
    finally:
        answers.cancel()


def each(ask: Callable[[], bytes | None], call: Call[T], address: str) -> Iterator[T]:
    """The answers to a call.

    Args:
        ask: gives the bytes of the next one; None after the last.
        call: what was asked.
        address: of whom.
    """
    try:
        while (answer := ask()) is not None:
            yield call.read(call.response_type.FromString(answer))
    except grpc.RpcError as error:
        raise failures.error_of(error, address, call.path, None) from None
