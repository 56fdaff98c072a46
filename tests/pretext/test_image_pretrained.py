"""Backbones that others have trained, from folders that save_pretrained wrote."""

import json
import shutil

import pytest

from vecstore.errors import InvalidArgument
from vecstore.pretext.classification import SPEC
from vecstore.records import Input, Modality, Role

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

PREPROCESSOR = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4], "size": {"height": 16}}
LOAD = {"device": "cpu", "batch_size": 8}


def resnet(**changes):
    return transformers.ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic", **changes
    )


def vit():
    return transformers.ViTConfig(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=16,
        patch_size=4,
    )


MODELS = {
    "resnet": lambda: transformers.ResNetForImageClassification(resnet()),
    "vit": lambda: transformers.ViTForImageClassification(vit()),
}


@pytest.fixture(params=list(MODELS))
def published(request, tmp_path):
    """A folder with a classifier, head and all, and how it wants images normalised."""
    folder = tmp_path / "published"
    with torch.random.fork_rng():
        MODELS[request.param]().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
    return folder


@pytest.fixture
def resnet_folder(tmp_path):
    folder = tmp_path / "published"
    with torch.random.fork_rng():
        transformers.ResNetModel(resnet()).save_pretrained(folder)
    return folder


@pytest.fixture
def fit(plain_run, image_data):
    """Trains a little, beginning with a pretrained model."""

    def fit(pretrained, *, starts=(), **options):
        options = {"image_size": 16, "epochs": 1.0, "precision": "float32", **options}
        options["pretrained"] = str(pretrained)
        run = plain_run(SPEC, options=options, starts=starts)
        return SPEC.fit(image_data(SPEC, run.options), run)

    return fit


def test_it_begins_with_the_weights_and_the_normalisation(published):
    from vecstore.pretext.image_pretrained import pretrained_backbone

    backbone, side = pretrained_backbone(str(published))
    model = transformers.AutoModelForImageClassification.from_pretrained(published).eval()
    images = torch.rand(2, 3, 16, 16)
    mean, std = (
        torch.tensor(PREPROCESSOR[n]).reshape(3, 1, 1) for n in ("image_mean", "image_std")
    )
    seen = model.base_model((images - mean) / std).last_hidden_state
    expected = seen[:, 1:].mean(dim=1) if seen.ndim == 3 else seen.mean(dim=(2, 3))
    torch.testing.assert_close(backbone.eval()(images), expected)
    assert side == 16


def test_the_artifact_needs_the_folder_no_more(fit, published, as_artifact, striped, tmp_path):
    result = fit(published)
    shutil.rmtree(published)
    encoder = SPEC.load(as_artifact(result, tmp_path / "artifact", SPEC.name), LOAD)
    photos = [Input(Modality.IMAGE, data) for data, _ in striped[:3]]
    assert encoder.encode(photos, Role.DOCUMENT).shape == (3, 8)
    assert encoder.identity().parts["architecture"]["mean"] == PREPROCESSOR["image_mean"]


def test_a_model_of_another_size_is_told_of(fit, resnet_folder):
    (resnet_folder / "preprocessor_config.json").write_text('{"size": {"shortest_edge": 32}}')
    notes = fit(resnet_folder).notes
    assert "image_size=32" in notes[1]


def test_a_vit_of_another_size_is_refused(fit, tmp_path):
    transformers.ViTModel(vit()).save_pretrained(tmp_path / "vit")
    with pytest.raises(InvalidArgument, match="image_size=16"):
        fit(tmp_path / "vit", image_size=32)


def test_missing_weights_are_refused(fit, resnet_folder):
    from safetensors.torch import load_file, save_file

    file = resnet_folder / "model.safetensors"
    weights = load_file(file)
    gone = next(name for name in weights if name.endswith("convolution.weight"))
    del weights[gone]
    save_file(weights, file, {"format": "pt"})
    with pytest.raises(InvalidArgument, match="lack 1 parameters") as refused:
        fit(resnet_folder)
    assert gone in refused.value.message


def test_weights_that_are_no_safetensors_are_refused(fit, resnet_folder):
    torch.save({}, resnet_folder / "pytorch_model.bin")
    (resnet_folder / "model.safetensors").unlink()
    with pytest.raises(InvalidArgument, match="safetensors"):
        fit(resnet_folder)


def test_models_of_another_kind_are_refused(fit, tmp_path):
    transformers.BertConfig().save_pretrained(tmp_path / "bert")
    with pytest.raises(InvalidArgument, match="kind 'bert'"):
        fit(tmp_path / "bert")


def test_models_of_grey_images_are_refused(fit, tmp_path):
    resnet(num_channels=1).save_pretrained(tmp_path / "grey")
    with pytest.raises(InvalidArgument, match="1 channels"):
        fit(tmp_path / "grey")


def test_a_folder_without_a_model_is_refused(fit, tmp_path):
    with pytest.raises(InvalidArgument, match="cannot be read"):
        fit(tmp_path)


def test_a_hub_that_cannot_be_reached_is_told_of(fit, monkeypatch):
    # What libraries do without a network, but without the seconds of trying again.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InvalidArgument, match="some/model cannot be read"):
        fit("some/model")


def test_two_beginnings_are_refused(fit, resnet_folder, as_artifact, tmp_path):
    start = as_artifact(fit(resnet_folder), tmp_path / "start", SPEC.name)
    with pytest.raises(InvalidArgument, match="name one of them"):
        fit(resnet_folder, starts=[start])


@pytest.mark.parametrize("mean", ["0.5", [0.5], [0.5, 0.5, "x"]])
def test_a_mean_that_is_no_colour_is_refused(resnet_folder, mean):
    from vecstore.pretext.image_pretrained import pretrained_backbone

    (resnet_folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": mean}))
    with pytest.raises(InvalidArgument, match=r"image_mean .* three numbers"):
        pretrained_backbone(str(resnet_folder))


def test_a_mean_that_is_not_said_is_that_of_imagenet(resnet_folder):
    from vecstore.pretext.image_pretrained import pretrained_backbone

    (resnet_folder / "preprocessor_config.json").write_text('{"image_mean": null}')
    backbone, _ = pretrained_backbone(str(resnet_folder))
    assert backbone.architecture["mean"] == [0.485, 0.456, 0.406]
