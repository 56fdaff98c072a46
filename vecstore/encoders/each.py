"""Inputs encoded so that one which its encoder refuses does not keep the others from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from vecstore.errors import InvalidInput, InvalidVector, VecstoreError
from vecstore.records import Input
from vecstore.spaces import Vector

_OF_AN_INPUT = (InvalidInput, InvalidVector)


def each_of(
    encode: Callable[[Sequence[Input]], Sequence[Vector]], inputs: Sequence[Input]
) -> list[Vector | VecstoreError]:
    """Vectors of inputs in their order, with an error in the place of what is refused.

    What is wrong with the encoder itself is raised: it would be the reason of every failure from
    then on.

    Args:
        encode: encodes some of them.
        inputs: any number.

    Raises:
        VecstoreError: the encoder cannot be loaded, has drifted, or gives what is no vector.
    """
    found: dict[int, Vector | VecstoreError] = {}
    waiting = deque([(0, len(inputs))] if inputs else [])
    while waiting:
        start, end = waiting.popleft()
        try:
            vectors = encode(inputs[start:end])
        except _OF_AN_INPUT as error:
            bad = _place(error, start, end)
            if bad is None:  # the encoder does not say which it is
                middle = (start + end) // 2
                parts = [(start, middle), (middle, end)]
            else:
                found[bad] = error
                parts = [(start, bad), (bad + 1, end)]
            waiting.extendleft(part for part in reversed(parts) if part[0] < part[1])
        else:
            found.update(enumerate(vectors, start))
    return [found[number] for number in range(len(inputs))]


def _place(error: VecstoreError, start: int, end: int) -> int | None:
    if end - start == 1:
        return start
    said = error.details.get("input")
    return None if said is None else start + int(said)
