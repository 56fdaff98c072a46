"""Files of images to what a model reads: decoded in a few threads, a batch ahead of the model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict

from vecstore.errors import InvalidInput
from vecstore.inputs import Pixels, decode_image

if TYPE_CHECKING:
    from PIL.Image import Image

_THREADS = 4
_LONGEST = 32.0
"""Length to breadth of an image beyond which its ends are cut off before anything is scaled: in
proportion, one of 1 x 60,000 pixels would fill the memory."""


class Preprocessing:
    """How a model's images are prepared.

    Args:
        settings: what is known of it; the library's defaults are for the rest.
        size: side, or (height, width), of what the model reads.
    """

    def __init__(self, settings: Mapping[str, Any], size: int | Sequence[int]) -> None:
        known = merge_preprocess_dict(PreprocessCfg(), dict(settings))
        sides = [size, size] if isinstance(size, int) else [int(side) for side in size]
        self._config = PreprocessCfg(
            **{**known, "size": sides[0] if len(set(sides)) == 1 else sides}
        )
        # The last two steps make a tensor and normalise it; that is quicker for a batch at once.
        *self._steps, _, normalise = image_transform_v2(self._config, is_train=False).transforms
        self._mean, self._std = (
            torch.tensor(values).reshape(1, 3, 1, 1) for values in (normalise.mean, normalise.std)
        )
        self._longest = min(_LONGEST, float(min(sides)))
        self._pool = ThreadPoolExecutor(
            min(_THREADS, os.cpu_count() or 1), thread_name_prefix="open-clip-images"
        )

    def identity(self) -> dict[str, Any]:
        """What decides the pixels, as JSON values."""
        settings = asdict(self._config)
        size = settings["size"]
        settings["size"] = [size, size] if isinstance(size, int) else list(size)
        for name in ("mean", "std"):
            value = settings[name]
            one = isinstance(value, int | float)
            settings[name] = [float(value)] * 3 if one else [float(number) for number in value]
        return settings

    def batches(self, images: Sequence[bytes], batch_size: int) -> Iterator[torch.Tensor]:
        """Images as float32 of shape (n, 3, height, width), ``batch_size`` at a time, in order.

        While the caller works on one batch the next is decoded, and no more than that.

        Raises:
            InvalidInput: an image that cannot be decoded; ``details["input"]`` is its number.
        """
        starts = range(0, len(images), batch_size)
        waiting: list[list[Future[Pixels]]] = []
        try:
            for start in starts:
                waiting.append([self._submit(one) for one in images[start : start + batch_size]])
                if start:
                    yield self._batch(waiting, start - batch_size)
            yield self._batch(waiting, starts[-1])
        finally:
            for batch in waiting:
                for future in batch:
                    future.cancel()

    def close(self) -> None:
        """Give the threads back."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, image: bytes) -> Future[Pixels]:
        return self._pool.submit(self._pixels, image)

    def _batch(self, waiting: list[list[Future[Pixels]]], first: int) -> torch.Tensor:
        pixels = []
        for number, future in enumerate(waiting[0], first):
            try:
                pixels.append(future.result())
            except InvalidInput as error:
                raise InvalidInput(error.message, **{**error.details, "input": number}) from error
        del waiting[0]
        batch = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)
        return batch.contiguous().float().div_(255.0).sub_(self._mean).div_(self._std)

    def _pixels(self, data: bytes) -> Pixels:
        """One image: uint8 of shape (height, width, 3)."""
        image = decode_image(data)
        if self._config.resize_mode != "squash":
            image = _shortened(image, self._longest)
        for step in self._steps:
            image = step(image)
        return np.asarray(image)


def _shortened(image: Image, longest: float) -> Image:
    """The middle of an image that is too long for its breadth, or too broad for its length."""
    width, height = image.size
    limit = max(1, int(min(width, height) * longest))
    if max(width, height) <= limit:
        return image
    left, top = max(0, width - limit) // 2, max(0, height - limit) // 2
    return image.crop((left, top, left + min(width, limit), top + min(height, limit)))
