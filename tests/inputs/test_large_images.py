"""Large images take turns, those that are decoded small do not."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

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
