"""ResNets and ViTs without heads: their form, their weights, and what leaves the world alone."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from vecstore.errors import ArtifactDamaged  # noqa: E402
from vecstore.pretext.classification import SPEC  # noqa: E402
from vecstore.pretext.image_backbone import (  # noqa: E402
    WEIGHTS_FILE,
    Backbone,
    new_architecture,
    read_backbone,
)
from vecstore.pretext.torch_parts import seeded  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

RESNET = {"backbone": "resnet", "width": 4, "depth": 1}
VIT = {"backbone": "vit", "width": 8, "depth": 1, "heads": 2, "patch": 4, "image_size": 16}
SHAPES = pytest.mark.parametrize(
    ("options", "dim", "places"), [(RESNET, 32, 1), (VIT, 8, 16)], ids=["resnet", "vit"]
)


def backbone(options):
    with seeded(1):
        return Backbone(new_architecture(options)).eval()


@SHAPES
@torch.no_grad()
def test_features_are_the_mean_of_the_places(options, dim, places):
    model, images = backbone(options), torch.rand(3, 3, 16, 16)
    assert model.places(images).shape == (3, places, dim)
    torch.testing.assert_close(model(images), model.places(images).mean(dim=1))
    assert model.dim == dim


@SHAPES
@torch.no_grad()
def test_an_image_does_not_depend_on_its_neighbours(options, dim, places):
    model, images = backbone(options), torch.rand(5, 3, 16, 16)
    alone = torch.cat([model(image[None]) for image in images])
    torch.testing.assert_close(model(images), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("side", [8, 16, 17, 32])
def test_gradients_in_mixed_precision_are_numbers(side):
    model, images = backbone(RESNET).train(), torch.rand(8, 3, side, side)
    for _ in range(4):
        # Memory that is used again without being written shows.
        junk = [torch.full((size,), torch.nan) for size in range(64, 100_000, 4_000)]
        del junk
        with torch.autocast("cpu", torch.bfloat16):
            seen = model(images)
        seen.float().square().sum().backward()
        assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


@torch.no_grad()
def test_mean_and_spread_are_taken_away_inside():
    architecture = new_architecture(RESNET)
    plain = {**architecture, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    with seeded(1):
        bare = Backbone(plain).eval()
    images = torch.rand(2, 3, 16, 16)
    mean, std = (torch.tensor(architecture[n]).reshape(3, 1, 1) for n in ("mean", "std"))
    torch.testing.assert_close(backbone(RESNET)(images), bare((images - mean) / std))


@pytest.fixture
def artifact(make_run, image_data, as_artifact, tmp_path):
    options = {"image_size": 16, "width": 4, "epochs": 1.0}
    run = make_run(SPEC, tmp_path / "checkpoints", options=options)
    return as_artifact(SPEC.fit(image_data(SPEC, run.options), run), tmp_path / "artifact")


def test_reading_a_backbone_draws_nothing_from_the_world(artifact):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    assert not read_backbone(artifact).training
    assert torch.equal(torch.rand(3), expected)


def test_weights_of_another_shape_are_refused(artifact):
    file = artifact.file(WEIGHTS_FILE)
    weights = load_file(file)
    weights.pop(sorted(weights)[0])
    save_file(weights, file)
    with pytest.raises(ArtifactDamaged, match="do not fit"):
        read_backbone(artifact)


def test_what_was_learnt_of_means_and_spreads_is_kept(artifact):
    weights = load_file(artifact.file(WEIGHTS_FILE))
    means = [tensor for name, tensor in weights.items() if name.endswith("running_mean")]
    assert means
    assert all(np.any(tensor.numpy() != 0) for tensor in means)
