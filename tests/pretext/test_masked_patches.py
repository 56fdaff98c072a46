"""The contract, where a training begins, and what refuses it."""

import subprocess
import sys

import numpy as np
import pytest

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.pretext.masked_patches import SPEC
from vecstore.records import Input, Modality, Role
from vecstore.testing import PretextContract

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

LITTLE = {
    "image_size": 16,
    "patch": 4,
    "width": 16,
    "depth": 1,
    "heads": 2,
    "decoder_width": 8,
    "decoder_depth": 1,
    "decoder_heads": 2,
    "epochs": 6.0,
    "evaluations": 3,
    "batch_size": 32,
    "learning_rate": 0.01,
    "validation": 0.2,
    "precision": "float32",
}
FILE = "model.safetensors"
LOAD = {"device": "cpu", "batch_size": 64}


@pytest.fixture(scope="module")
def task():
    return SPEC


@pytest.fixture(scope="module")
def data(striped):
    return [photo for photo, _ in striped]


class TestMaskedPatches(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


@pytest.fixture
def fit(make_run, image_data, tmp_path_factory):
    """Trains on the striped photos, with what differs from the usual; each time from the start."""

    def fit(*, photos=None, starts=(), seed=7, **options):
        settings, folder = {**LITTLE, **options}, tmp_path_factory.mktemp("checkpoints")
        run = make_run(SPEC, folder, options=settings, starts=starts, seed=seed)
        data = image_data(SPEC, run.options, *(() if photos is None else (photos,)))
        return SPEC.fit(data, run)

    return fit


def vectors(artifact, photos):
    inputs = [Input(Modality.IMAGE, photo) for photo, _ in photos]
    return SPEC.load(artifact, LOAD).encode(inputs, Role.DOCUMENT)


def test_hidden_patches_are_painted_better_than_blindly(fit):
    metrics = fit(epochs=25.0, crop=1.0).metrics
    assert metrics["loss"] < 0.9 * min(metrics["loss_of_nothing"], metrics["loss_of_mean"])


def test_an_encoder_reads_every_patch(fit, as_artifact, striped, tmp_path):
    import torch

    from vecstore.pretext.image_backbone import read_backbone

    artifact = as_artifact(fit(), tmp_path / "artifact", SPEC.name)
    backbone = read_backbone(artifact)
    assert backbone.architecture["type"] == "vit"
    image = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        before = backbone(image)
        for corner in ((0, 0), (0, 12), (12, 0), (12, 12)):
            image_with = image.clone()
            image_with[:, :, corner[0] : corner[0] + 4, corner[1] : corner[1] + 4] += 0.3
            assert (backbone(image_with) - before).abs().max() > 1e-4
    first, second = (vectors(artifact, striped) for _ in range(2))
    assert np.array_equal(first, second)


def test_the_encoder_kept_is_the_one_that_was_trained(fit, as_artifact, tmp_path):
    from safetensors.torch import load_file

    untrained, trained = (
        load_file(as_artifact(fit(epochs=epochs, evaluations=1), tmp_path / name).file(FILE))
        for name, epochs in (("untrained", 0.01), ("trained", 6.0))
    )
    assert untrained.keys() == trained.keys()
    fixed = {name for name in trained if trained[name].equal(untrained[name])}
    assert fixed == {"embeddings.position_embeddings"}


def test_a_training_that_starts_from_another_keeps_its_shape(fit, as_artifact, tmp_path):
    first = as_artifact(fit(epochs=1.0), tmp_path / "first", SPEC.name)
    second = fit(epochs=1.0, width=32, patch=8, starts=[first])
    assert second.encoder["architecture"] == first.manifest.encoder["architecture"]
    assert "model@1" in second.notes[0]


def test_it_can_start_from_what_it_trained(fit, as_artifact, striped, tmp_path):
    first = as_artifact(fit(epochs=4.0), tmp_path / "first", SPEC.name)
    nothing_more = {"epochs": 0.01, "evaluations": 1, "learning_rate": 1e-8}
    second = as_artifact(fit(starts=[first], seed=8, **nothing_more), tmp_path / "second")
    other = as_artifact(fit(seed=8, **nothing_more), tmp_path / "other")
    one = vectors(first, striped)
    assert np.abs(vectors(second, striped) - one).max() < 1e-4
    assert np.abs(vectors(other, striped) - one).max() > 1e-2


def test_another_size_than_that_to_start_from_is_refused(fit, as_artifact, tmp_path):
    first = as_artifact(fit(epochs=1.0), tmp_path / "first", SPEC.name)
    with pytest.raises(InvalidArgument, match=r"sees images of 16 pixels.*set image_size=16"):
        fit(image_size=32, starts=[first])
    with pytest.raises(InvalidArgument, match="an image has 16 patches"):
        fit(image_size=16, patch=2, mask_share=0.97, starts=[first])


def test_without_held_out_photos_there_are_no_figures(fit):
    result = fit(validation=0.0, epochs=1.0)
    assert result.metrics == {}
    assert result.sizes["train_images"] == 60


def test_targets_need_not_be_normalised(fit):
    one, other = (fit(epochs=1.0, normalised_targets=choice).metrics for choice in (True, False))
    # With normalised targets every patch is at variance 1, and a hidden one costs (n - 1) / n.
    assert one["loss_of_nothing"] == pytest.approx(47 / 48, abs=1e-3)
    assert abs(other["loss_of_nothing"] - 47 / 48) > 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch": 5}, "image_size is 16 and patch is 5"),
        ({"heads": 3}, "width is 16 and heads is 3"),
        ({"width": 18}, "width is 18; it must be a multiple of 4"),
        ({"decoder_width": 6}, "decoder_width is 6; it must be a multiple of 4"),
        ({"decoder_heads": 3}, "decoder_width is 8; it must be a multiple of decoder_heads"),
        ({"decoder_depth": 0}, "decoder_depth is 0"),
        ({"mask_share": 0.0}, "mask_share is 0"),
        ({"mask_share": 0.99}, r"mask_share is 0\.99, and an image has 16 patches: 0 of them"),
        ({"mask_share": 1e-20}, r"16 of them would be visible"),
        ({"crop": 0.0}, "crop is 0"),
        ({"flip": 2.0}, "flip is 2"),
        ({"patience": 2, "validation": 0.0}, "patience is 2 and validation is 0"),
    ],
)
def test_options_of_no_meaning_are_refused(fit, options, message):
    with pytest.raises(InvalidArgument, match=message):
        fit(**options)


def test_too_few_photos_are_refused(fit, striped):
    with pytest.raises(InvalidInput, match="there are 2 images"):
        fit(photos=striped[:2])


def test_three_photos_are_enough(fit, striped):
    assert np.isfinite(fit(photos=striped[:3], epochs=2.0).metrics["loss"])


def test_a_training_leaves_the_generator_alone(fit):
    import torch

    before = torch.random.get_rng_state()
    fit(epochs=1.0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_description_loads_nothing_heavy():
    code = (
        "import sys; from vecstore.pretext import masked_patches;"
        "print(sorted({'torch', 'transformers', 'kornia', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
