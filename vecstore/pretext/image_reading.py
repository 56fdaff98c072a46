"""Images of an encoder's inputs to batches of pixels, decoded while the model works."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from vecstore.errors import InvalidInput
from vecstore.inputs import Frame, Pixels, square_in_turn
from vecstore.records import Input

_AHEAD = 1


def squares(inputs: Sequence[Input], frame: Frame, size: int) -> Iterator[tuple[slice, Pixels]]:
    """The images of some inputs, in batches; two are held at a time, and one large image.

    Args:
        inputs: of the modality image.
        frame: what each becomes.
        size: images a batch.

    Yields:
        Which inputs they are, and their pixels of shape (size or fewer, side, side, 3), uint8.

    Raises:
        InvalidInput: one cannot be decoded; ``input`` says which.
    """
    if len(inputs) == 1:
        yield slice(0, 1), np.stack([_square(inputs, 0, frame)])
        return
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="images") as pool:
        waiting: deque[tuple[slice, list[Future[Pixels]]]] = deque()
        try:
            for start in range(0, len(inputs), size):
                part = slice(start, min(start + size, len(inputs)))
                numbers = range(part.start, part.stop)
                waiting.append((part, [pool.submit(_square, inputs, n, frame) for n in numbers]))
                if len(waiting) > _AHEAD:
                    yield _done(waiting.popleft())
            while waiting:
                yield _done(waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


def _done(batch: tuple[slice, list[Future[Pixels]]]) -> tuple[slice, Pixels]:
    part, futures = batch
    return part, np.stack([future.result() for future in futures])


def _square(inputs: Sequence[Input], number: int, frame: Frame) -> Pixels:
    data = inputs[number].data
    try:
        return square_in_turn(data if isinstance(data, bytes) else data.encode(), frame)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="image", input=number) from error
