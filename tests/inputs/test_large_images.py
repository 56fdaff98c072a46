"""Large images take turns, those that are decoded small do not."""

import io
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from zlib import crc32

import numpy as np
import pytest
from PIL import Image

from vecstore.errors import InvalidInput
from vecstore.inputs import Frame, image_square, large_images, square_in_turn

FRAME = Frame(4)


def picture(form):
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (9, 99, 199)).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize(("form", "alone"), [("PNG", True), ("WEBP", True), ("JPEG", False)])
def test_large_images_are_decoded_one_at_a_time(monkeypatch, form, alone):
    monkeypatch.setattr(large_images, "_LARGE", 40 * 40 - 1)
    together, most, inside = threading.Barrier(2), [], []

    def noted(*arguments, **keywords):
        inside.append(1)
        try:
            together.wait(0.2 if alone else 60)
        except threading.BrokenBarrierError:
            together.reset()
        most.append(len(inside))
        inside.pop()
        return image_square(*arguments, **keywords)

    monkeypatch.setattr(large_images, "image_square", noted)
    data = picture(form)
    with ThreadPoolExecutor(2) as pool:
        squares = list(pool.map(lambda one: square_in_turn(one, FRAME), [data, data]))
    assert (max(most) == 1) is alone
    assert all(np.array_equal(square, image_square(data, FRAME)) for square in squares)


def test_the_refusal_of_a_far_too_large_image_names_the_limit_that_is_asked_for():
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)), (b"IDAT", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(held)) + kind + held + struct.pack(">I", crc32(kind + held))
        for kind, held in chunks
    )
    with pytest.raises(InvalidInput, match="at most 1000 are allowed"):
        square_in_turn(data, FRAME, max_pixels=1000)
