"""Images are prepared as the model's own evaluation does, and never beyond their bounds."""

import itertools
import json

import numpy as np
import pytest
import torch
from PIL import Image
from vecstore_open_clip import preprocessing
from vecstore_open_clip.preprocessing import Preprocessing, image_transform_v2

from vecstore.errors import InvalidInput
from vecstore.records import Role

pytestmark = pytest.mark.torch

SETTINGS = (
    {},
    {"mean": [0.5, 0.5, 0.5], "std": 0.5, "interpolation": "bilinear", "resize_mode": "squash"},
    {"resize_mode": "longest", "fill_color": 9},
)


@pytest.mark.parametrize("settings", SETTINGS, ids=["shortest", "squash", "longest"])
@pytest.mark.parametrize("size", [16, (16, 16), (12, 20)], ids=str)
def test_pixels_are_those_of_the_library(settings, size, picture):
    prepared = Preprocessing(settings, size)
    images = [picture(size=one) for one in ((40, 30), (16, 16), (7, 50), (1, 1))]
    expected = image_transform_v2(prepared._config, is_train=False)
    (found,) = prepared.batches([one.data for one in images], 4)
    for one, pixels in zip(images, found, strict=True):
        opened = preprocessing.decode_image(one.data)
        assert torch.equal(expected(opened), pixels)


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
def test_a_very_long_image_stays_small(mode, picture, monkeypatch):
    largest = 0

    def resize(image, size, *args, **kwargs):
        nonlocal largest
        largest = max(largest, size[0] * size[1])
        return done(image, size, *args, **kwargs)

    done = Image.Image.resize
    thin = picture(size=(1, 50_000)).data
    prepared = Preprocessing({"resize_mode": mode}, 64)
    monkeypatch.setattr(Image.Image, "resize", resize)
    (found,) = prepared.batches([thin], 1)
    assert found.shape == (1, 3, 64, 64)
    assert 0 < largest <= 64 * 64 * 32


def test_no_more_than_two_batches_are_in_memory(picture, monkeypatch):
    prepared = Preprocessing({}, 16)
    submitted = itertools.count()
    submit = prepared._submit
    monkeypatch.setattr(prepared, "_submit", lambda one: (next(submitted), submit(one))[1])
    batches = prepared.batches([picture().data] * 10, 2)
    for number in range(1, 5):
        assert next(batches).shape == (2, 3, 16, 16)
        assert next(submitted) == 2 * (number + 1) + (number - 1)
    assert len(list(batches)) == 1


def test_the_first_bad_image_is_named(picture):
    prepared = Preprocessing({}, 16)
    images = [picture().data, picture().data, b"bad", picture().data, b"worse"]
    batches = prepared.batches(images, 2)
    next(batches)
    with pytest.raises(InvalidInput) as caught:
        next(batches)
    assert caught.value.details["input"] == "2"


CHANGES = ({"mean": [0.5] * 3}, {"std": [0.5] * 3}, {"interpolation": "bilinear"}, {"size": 99})
CHANGES += ({"resize_mode": "squash"}, {"resize_mode": "longest", "fill_color": 255})


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_preparation_is_of_the_identity(change, clip, model_folder, load_model, picture):
    file = model_folder / "open_clip_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "preprocess_cfg": change}))
    changed = load_model(model_folder)
    image = [picture(size=(60, 20))]
    same = np.allclose(changed.encode(image, Role.QUERY), clip.encode(image, Role.QUERY), atol=1e-6)
    # The size is the model's, whatever the settings say.
    assert same == (change == {"size": 99}) == (changed.identity() == clip.identity())
