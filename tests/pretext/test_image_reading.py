"""Images of inputs in batches, in their order; a bad one is named."""

import numpy as np
import pytest

from vecstore.errors import InvalidInput
from vecstore.inputs import Frame, image_square
from vecstore.pretext.image_reading import squares
from vecstore.records import Input, Modality

FRAME = Frame(8)


@pytest.fixture(scope="module")
def photos(striped):
    return [Input(Modality.IMAGE, data) for data, _ in striped[:7]]


@pytest.mark.parametrize("size", [1, 3, 7, 20])
def test_batches_hold_every_image_in_its_place(photos, size):
    parts = list(squares(photos, FRAME, size))
    assert max(len(pixels) for _, pixels in parts) == min(size, 7)
    assert [n for part, _ in parts for n in range(7)[part]] == list(range(7))
    expected = np.stack([image_square(item.data, FRAME) for item in photos])
    assert np.array_equal(np.concatenate([pixels for _, pixels in parts]), expected)


def test_a_single_image_can_be_written_to(photos):
    ((part, pixels),) = squares(photos[:1], FRAME, 4)
    assert part == slice(0, 1)
    assert pixels.flags.writeable  # torch warns of others


@pytest.mark.parametrize("count", [1, 7])
def test_an_image_that_cannot_be_decoded_is_named_by_its_number(photos, count):
    broken = [*photos[: count - 1], Input(Modality.IMAGE, photos[0].data[:60])]
    with pytest.raises(InvalidInput) as refused:
        list(squares(broken, FRAME, 3))
    assert refused.value.details["input"] == str(count - 1)
    assert refused.value.details["field"] == "image"


def test_what_is_not_asked_for_is_not_waited_for(photos):
    found = squares([*photos, Input(Modality.IMAGE, b"no image")], FRAME, 2)
    next(found)
    found.close()  # the broken one is never looked at
