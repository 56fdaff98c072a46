"""The contract, what refuses a training, and that views are found again."""

import numpy as np
import pytest

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.pretext.contrastive import SPEC
from vecstore.testing import PretextContract

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

LITTLE = {
    "image_size": 16,
    "width": 4,
    "projection": 8,
    "epochs": 6.0,
    "evaluations": 3,
    "batch_size": 32,
    "learning_rate": 0.01,
    "validation": 0.2,
    "precision": "float32",
    "rotation": 10.0,
}


@pytest.fixture(scope="module")
def task():
    return SPEC


@pytest.fixture(scope="module")
def data(striped):
    return [photo for photo, _ in striped]


class TestContrastive(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


@pytest.fixture
def fit(plain_run, image_data):
    """Trains on the striped photos, with what differs from the usual."""

    def fit(*, photos=None, starts=(), seed=7, **options):
        run = plain_run(SPEC, options={**LITTLE, **options}, starts=starts, seed=seed)
        data = image_data(SPEC, run.options, *(() if photos is None else (photos,)))
        return SPEC.fit(data, run)

    return fit


def test_two_views_of_held_out_photos_are_found_again(fit):
    easy = {"crop": 0.5, "colour": 0.0, "grey": 0.0, "blur": 0.0, "rotation": 0.0}
    metrics = fit(epochs=20.0, **easy).metrics
    assert metrics["loss"] < 0.7 * np.log(2 * 12 - 1)  # of a guess
    assert metrics["view_top1"] > 8 / 23


def test_without_held_out_photos_there_are_no_figures(fit):
    result = fit(validation=0.0, epochs=1.0)
    assert result.metrics == {}
    assert result.sizes["train_images"] == 60


def test_a_training_that_starts_from_another_keeps_its_shape(fit, as_artifact, tmp_path):
    first = as_artifact(fit(epochs=2.0), tmp_path / "first", SPEC.name)
    second = fit(epochs=1.0, width=8, starts=[first])
    assert second.encoder["architecture"] == first.manifest.encoder["architecture"]
    assert "model@1" in second.notes[0]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"temperature": 0.0}, "temperature is 0"),
        ({"projection": 1}, "projection is 1"),
        ({"crop": 0.0}, "crop is 0"),
        ({"blur": 1.5}, "blur is 1.5"),
        ({"rotation": -1.0}, "rotation is -1"),
        ({"image_size": 4}, "image_size is 4"),
    ],
)
def test_options_of_no_meaning_are_refused(fit, options, named):
    with pytest.raises(InvalidArgument, match=named):
        fit(**options)


def test_too_few_photos_are_refused(fit, striped):
    with pytest.raises(InvalidInput, match="there are 2 images"):
        fit(photos=striped[:2])


def test_four_photos_are_enough_and_two_of_them_are_compared(fit, striped):
    metrics = fit(photos=striped[:4], epochs=2.0).metrics
    assert 0.0 < metrics["loss"] < np.inf  # of one alone it would be zero, whatever was learnt
