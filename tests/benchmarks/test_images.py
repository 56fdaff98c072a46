"""Training and encoding of images as measured, on few photos: that figures come out."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("kornia")
pytest.importorskip("accelerate")

from benchmarks import image_encoding, image_training, photos
from benchmarks.ground import Ground

pytestmark = pytest.mark.torch


@pytest.fixture
def ground(tmp_path):
    shown = photos.draw(tmp_path / "photos", 8)
    return Ground(np.zeros((10, 4)), (4,), 2, tmp_path, shown)


def test_encoding_is_compared_and_its_memory_held_against_a_batch(ground, monkeypatch):
    monkeypatch.setattr(image_encoding, "PHOTOS", 8)
    monkeypatch.setattr(image_encoding, "MORE", 24)
    speed, memory = image_encoding.run(ground)
    assert speed.value > 0
    assert speed.ours.endswith("photos/s")
    assert memory.met
    assert memory.what == "memory of encoding 24 photos, beyond that of 8"


def test_both_sides_see_the_same_photos_and_options(tmp_path, monkeypatch):
    monkeypatch.setattr(image_training, "EPOCHS", 0.5)
    shown = photos.draw(tmp_path / "photos", 8)
    for task in image_training.TASKS:
        place = tmp_path / task
        place.mkdir()
        image_training._bare(shown, place, task)
        assert (place / "model.pt").stat().st_size > 10_000


def test_the_bare_model_gives_the_stores_vectors(tmp_path):
    from vecstore.artifacts.folder import read_artifact

    images = [one.read_bytes() for one in photos.found(photos.draw(tmp_path / "photos", 5))]
    with image_encoding.vecstore.open(tmp_path / "store") as store:
        image_encoding._train(store, images)
        ours = [vector.values for vector in store.encode(image_encoding.MODEL, images)]
    artifact = read_artifact(tmp_path / "store" / "models" / image_encoding.MODEL)
    model, frame = image_encoding._bare_model(artifact)
    bare = np.concatenate(image_encoding._bare(model, frame, images))
    assert np.abs(bare - np.array(ours)).max() < 1e-4
