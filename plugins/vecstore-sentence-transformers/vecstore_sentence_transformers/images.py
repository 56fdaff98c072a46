"""Files of images to what a model's own processor takes, and what of that decides the numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vecstore.errors import InvalidInput
from vecstore.inputs import decode_image, image_form
from vecstore.records import Input

if TYPE_CHECKING:
    from PIL.Image import Image

_THREADS = 4
_LONGEST = 32
"""Length to breadth of an image beyond which its ends are cut off: scaled in proportion, one of
1 x 60,000 pixels would fill the memory."""

_TOGETHER = 100_000_000
"""Pixels that are decoded together, at 3 bytes each; one image may have more."""

_NOT_DECIDING = frozenset({"processor_class", "_processor_class", "device", "return_tensors"})


def reads_images(model: Any) -> bool:
    """Whether a SentenceTransformer turns images into vectors."""
    supports = getattr(model, "supports", None)
    return bool(supports is not None and supports("image"))


def batches(inputs: Sequence[Input], size: int) -> Iterator[tuple[int, Sequence[Input]]]:
    """Images that are decoded together: fewer where they are large, as they are whole in memory.

    Args:
        inputs: of the modality image.
        size: images of one batch at most.

    Yields:
        The number of the first image of a batch, and the batch.

    Raises:
        InvalidInput: an image whose header cannot be read; ``details["input"]`` is its number.
    """
    first = pixels = 0
    for number, one in enumerate(inputs):
        try:
            form = image_form(_data(one))
        except InvalidInput as error:
            raise InvalidInput(error.message, **{**error.details, "input": number}) from error
        pixels += form.width * form.height
        if number > first and (number - first >= size or pixels > _TOGETHER):
            yield first, inputs[first:number]
            first, pixels = number, form.width * form.height
    yield first, inputs[first:]


def decoded(inputs: Sequence[Input], first: int) -> list[Image]:
    """Images in RGB, decoded in a few threads.

    Args:
        inputs: of the modality image.
        first: the number of the first of them.

    Raises:
        InvalidInput: an image that cannot be decoded; ``details["input"]`` is its number.
    """
    threads = min(_THREADS, os.cpu_count() or 1, len(inputs))
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(_image, one) for one in inputs]
        images = []
        for number, future in enumerate(waiting, first):
            try:
                images.append(future.result())
            except InvalidInput as error:
                pool.shutdown(wait=False, cancel_futures=True)
                raise InvalidInput(error.message, **{**error.details, "input": number}) from error
    return images


@contextmanager
def numbered(rows: Sequence[int]) -> Iterator[None]:
    """Call an input that is refused by its number among all inputs.

    Args:
        rows: the number of each input that was handed on.
    """
    try:
        yield
    except InvalidInput as error:
        details: dict[str, object] = dict(error.details)
        if "input" in details:
            details["input"] = rows[int(str(details["input"]))]
        raise InvalidInput(error.message, **details) from error


def image_identity(model: Any) -> dict[str, Any]:
    """What decides the numbers of images: the processor's settings, and which part reads them."""
    processor = _processor(model)
    settings = processor.to_dict() if processor is not None else {}
    kind = str(settings.get("image_processor_type") or type(processor).__name__)
    return {
        **{k: v for k, v in settings.items() if k not in _NOT_DECIDING and v is not None},
        # One processor, whichever library it scales with.
        "image_processor_type": kind.removesuffix("Fast").removesuffix("Pil"),
        "read_by": _read_by(model),
        "longest": _LONGEST,
    }


def image_runtime(model: Any) -> str:
    """Which of a processor's forms is at work, for the record."""
    return type(_processor(model)).__name__


def _processor(model: Any) -> Any:
    whole = getattr(model[0], "processor", None)
    return getattr(whole, "image_processor", whole)


def _read_by(model: Any) -> dict[str, str]:
    """The method of the model that reads each kind of input."""
    methods: dict[Any, Any] = getattr(model[0], "modality_config", None) or {}
    return {str(kind): str(about.get("method")) for kind, about in methods.items()}


def _data(one: Input) -> bytes:
    return one.data if isinstance(one.data, bytes) else one.data.encode()


def _image(one: Input) -> Image:
    image = decode_image(_data(one))
    width, height = image.size
    limit = min(width, height) * _LONGEST
    if max(width, height) <= limit:
        return image
    left, top = max(0, width - limit) // 2, max(0, height - limit) // 2
    return image.crop((left, top, left + min(width, limit), top + min(height, limit)))
