"""Squares made in many threads: of large images one at a time, or memory would know no bound."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from vecstore.inputs.images import MAX_PIXELS, Frame, Pixels, image_form, image_square

_LARGE = 2**23  # pixels; an image being decoded takes up to about 12 bytes for each
_JPEG_SPARES = 8  # large ones are decoded at a fraction of their size
_ALONE = threading.Lock()


def square_in_turn(data: bytes, frame: Frame, *, max_pixels: int = MAX_PIXELS) -> Pixels:
    """As :func:`vecstore.inputs.image_square`, from any number of threads."""
    if _size(data, max_pixels) <= _LARGE:
        return image_square(data, frame, max_pixels=max_pixels)
    # In a thread of its own: one that lives on keeps the memory that it has freed.
    with _ALONE, ThreadPoolExecutor(1, thread_name_prefix="vecstore-large-image") as pool:
        return pool.submit(image_square, data, frame, max_pixels=max_pixels).result()


def _size(data: bytes, max_pixels: int) -> int:
    """Pixels of an image while it is decoded, about."""
    form = image_form(data, max_pixels=max_pixels)
    return form.width * form.height // (_JPEG_SPARES if form.format == "JPEG" else 1)
