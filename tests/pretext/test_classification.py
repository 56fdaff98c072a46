"""The contract, what refuses a training, where one starts, and that classes come apart."""

import numpy as np
import pytest

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.pretext import contrastive
from vecstore.pretext.classification import SPEC
from vecstore.records import Input, Modality, Role
from vecstore.testing import PretextContract

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

LITTLE = {
    "image_size": 16,
    "width": 4,
    "flip": 0.0,
    "crop": 0.6,
    "epochs": 6.0,
    "evaluations": 3,
    "batch_size": 16,
    "learning_rate": 0.01,
    "validation": 0.2,
    "precision": "float32",
}
VIT = {"backbone": "vit", "width": 8, "patch": 4, "heads": 2}


@pytest.fixture(scope="module")
def task():
    return SPEC


@pytest.fixture(scope="module")
def data(striped):
    return striped


class TestClassification(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


@pytest.fixture
def fit(make_run, image_data, tmp_path):
    """Trains on the striped photos, with what differs from the usual."""

    def fit(*, photos=None, starts=(), seed=7, task=SPEC, checkpoints="checkpoints", **options):
        options = {**LITTLE, **options}
        run = make_run(task, tmp_path / checkpoints, options=options, starts=starts, seed=seed)
        data = image_data(task, run.options, *(() if photos is None else (photos,)))
        return task.fit(data, run)

    return fit


@pytest.mark.parametrize("backbone", [{}, VIT], ids=["resnet", "vit"])
def test_classes_come_apart(fit, as_artifact, striped, tmp_path, backbone):
    learnt = fit(epochs=25.0, **backbone)
    encoder = SPEC.load(
        as_artifact(learnt, tmp_path / "artifact", SPEC.name), {"device": "cpu", "batch_size": 32}
    )
    found = encoder.encode([Input(Modality.IMAGE, data) for data, _ in striped], Role.DOCUMENT)
    labels = np.array([label for _, label in striped])
    scores = found @ found.T - 2.0 * np.eye(len(found))
    assert (labels[scores.argmax(axis=1)] == labels).mean() > 0.9
    assert learnt.metrics["accuracy"] > 0.9


def test_without_held_out_photos_there_are_no_figures(fit):
    result = fit(validation=0.0, epochs=1.0)
    assert result.metrics == {}
    assert (result.sizes["train_images"], result.sizes["held_out"]) == (60, 0)


def test_it_starts_from_what_contrast_has_taught(fit, as_artifact, tmp_path):
    taught = fit(task=contrastive.SPEC, projection=8, checkpoints="before", flip=0.5)
    start = as_artifact(taught, tmp_path / "start", contrastive.SPEC.name)
    learnt = fit(epochs=1.0, width=8, starts=[start])
    assert learnt.encoder["architecture"] == taught.encoder["architecture"]
    assert "model@1" in learnt.notes[0]


def test_a_vit_to_start_from_sees_images_of_its_own_size_only(fit, as_artifact, tmp_path):
    start = as_artifact(fit(epochs=1.0, **VIT), tmp_path / "start", SPEC.name)
    with pytest.raises(InvalidArgument, match=r"image_size is 24.*image_size=16"):
        fit(image_size=24, starts=[start], **VIT)


def test_the_last_photo_of_an_epoch_alone_can_be_learnt_from(fit, striped):
    # 13 in steps of at most 4 leave one, which batch normalisation would refuse.
    result = fit(photos=striped[:13], validation=0.0, batch_size=4, epochs=1.0)
    assert result.curve[-1].loss > 0


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"label_smoothing": 1.0}, "label_smoothing is 1"),
        ({"colour": 2.0}, "colour is 2"),
        ({"backbone": "vgg"}, "backbone is 'vgg'"),
        ({"framing": "zoom"}, "framing is 'zoom'"),
        ({**VIT, "patch": 5}, "image_size must be a multiple of patch"),
    ],
)
def test_options_of_no_meaning_are_refused(plain_run, options, named):
    with pytest.raises(InvalidArgument, match=named):
        SPEC.fit(None, plain_run(SPEC, options={**LITTLE, **options}))


def test_photos_of_a_single_class_are_refused(fit, striped):
    with pytest.raises(InvalidInput, match="1 classes \\('flat'\\)"):
        fit(photos=striped[::2])
