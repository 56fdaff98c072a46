"""Where models come from, and what is refused with the way out of it."""

import json
import shutil

import pytest
from vecstore_open_clip.sources import find

from vecstore.errors import EncoderNotFound, InvalidArgument

pytestmark = pytest.mark.torch


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the hub, and no network. Returns what puts a folder into it."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    cache = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))

    def put(folder, name, commit="c0ffee" * 6 + "beef", branch="main"):
        repository = cache / f"models--{name.replace('/', '--')}"
        shutil.copytree(folder, repository / "snapshots" / commit)
        (repository / "refs").mkdir()
        (repository / "refs" / branch).write_text(commit)

    return put


def test_the_same_weights_are_one_space_wherever_they_come_from(
    clip, clip_file, saved, model_folder, load_model, hub
):
    hub(model_folder, "org/clip")
    from_file = load_model(clip_file, weights=saved(clip))
    from_folder = load_model(model_folder)
    from_hub = load_model("hf-hub:org/clip")
    assert from_file.identity() == clip.identity()
    assert from_folder.identity() == clip.identity()
    assert from_hub.identity() == clip.identity()
    assert from_hub.runtime()["hub"] == "org/clip"
    assert from_hub.runtime()["commit"].startswith("c0ffee")


def test_a_revision_of_the_hub(model_folder, load_model, hub, clip):
    hub(model_folder, "org/clip", branch="v2")
    assert load_model("hf-hub:org/clip", revision="v2").identity() == clip.identity()
    with pytest.raises(EncoderNotFound, match="org/clip at revision v3 cannot be had"):
        load_model("hf-hub:org/clip", revision="v3")


@pytest.mark.usefixtures("hub")
def test_what_the_hub_does_not_give_is_said(load_model):
    with pytest.raises(EncoderNotFound, match="org/none cannot be had: it is not in the hub's"):
        load_model("hf-hub:org/none")


@pytest.mark.usefixtures("hub")
def test_weights_of_a_tag_come_from_the_hub(load_model):
    with pytest.raises(EncoderNotFound, match=r"laion/CLIP-ViT-B-32-laion2B.* cannot be had"):
        load_model("ViT-B-32", pretrained="laion2b_s34b_b79k")


@pytest.mark.usefixtures("hub")
def test_a_tokenizer_that_the_hub_does_not_give_is_said(load_model, described, clip_file):
    config = json.loads(clip_file.read_text())
    config["text_cfg"]["hf_tokenizer_name"] = "org/words"
    with pytest.raises(EncoderNotFound, match=r"tokenizer, org/words, cannot .* tokenizer=FOLDER"):
        load_model(f"random:{described('hub-tokenizer', config)}")


@pytest.mark.usefixtures("hub")
def test_a_text_tower_that_the_hub_does_not_give_is_said(load_model, described, clip_file):
    config = json.loads(clip_file.read_text())
    config["text_cfg"]["hf_model_name"] = "org/tower"
    with pytest.raises(EncoderNotFound, match=r"text tower, org/tower, cannot be had"):
        load_model(f"random:{described('hub-tower', config)}")


def test_seeds_tell_fresh_models_apart(clip, clip_file, load_model):
    assert load_model(f"random:{clip_file}", seed=0).identity() == clip.identity()
    assert load_model(f"random:{clip_file}", seed=1).identity() != clip.identity()


def test_an_architecture_needs_weights_or_random(clip_file, load_model):
    with pytest.raises(InvalidArgument, match=r"architecture only; add weights="):
        load_model(clip_file)


def test_a_fresh_model_of_a_whole_one(clip, model_folder, load_model):
    (model_folder / "open_clip_model.safetensors").unlink()
    assert load_model(f"random:{model_folder}").identity() == clip.identity()


WRONG = {
    "": (r"a source is needed", {}),
    "ViT-B-33": (r"'ViT-B-33' is no folder.*near to it are ViT-B-32", {}),
    "ViT-B-32": (r"architecture only; add weights=.*random:ViT-B-32", {}),
    "random:ViT-B-33": (r"near to it are ViT-B-32", {}),
    "random:./model.json": (r"give the whole path: /.*model\.json", {}),
    "/no/model.json": (r"model\.json cannot be read", {}),
    "random:/no/model.json": (r"model\.json cannot be read \(FileNotFoundError", {}),
    "RN50": (r"the option seed=3 means nothing for the source 'RN50'", {"seed": 3}),
    "random:RN50": (r"weights=.*means nothing", {"weights": "/w.safetensors"}),
    "hf-hub:org/name": (r"weights=.*means nothing", {"weights": "/w.safetensors"}),
    "RN101": (r"give the whole path: /.*w\.safetensors", {"weights": "w.safetensors"}),
    "RN50x4": (r"no file is there", {"weights": "/no/w.safetensors"}),
    "ViT-B-16": (
        r"in model\.bin; such files.*can run code.*save_file",
        {"weights": "/no/model.bin"},
    ),
    "ViT-L-14": (r"pretrained=TAG, where TAG is one of openai", {"weights": "/w.safetensors"}),
    "RN101-quickgelu": (r"knows no weights 'mine'.*openai", {"pretrained": "mine"}),
    "ViT-L-16": (r"it knows: none", {"pretrained": "openai"}),
    "ViT-B-32-256": (r"is no folder with one of .*tokenizer\.json", {"tokenizer": "/no/where"}),
    "RN50x16": (r"activation QuickGELU.*RN50x16-quickgelu has it", {"pretrained": "openai"}),
}


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("source", WRONG)
def test_what_cannot_be_is_refused(source, load_model, tmp_path):
    message, options = WRONG[source]
    if "tokenizer" in options:
        weights = tmp_path / "w.safetensors"
        weights.touch()
        options = {**options, "weights": str(weights)}
    with pytest.raises(InvalidArgument, match=message):
        load_model(source, **options)


def no_config(folder):
    (folder / "open_clip_config.json").unlink()


def no_weights(folder):
    (folder / "open_clip_model.safetensors").unlink()


def pickled(folder):
    (folder / "open_clip_model.safetensors").rename(folder / "open_clip_pytorch_model.bin")


def no_json(folder):
    (folder / "open_clip_config.json").write_text("{")


def no_architecture(folder):
    (folder / "open_clip_config.json").write_text('{"model_cfg": {"embed_dim": 3}}')


def unknown_key(folder):
    change(folder, lambda config: config["vision_cfg"].update(wheels=4))


def random_cuts(folder):
    kwargs = {"reduction_mask": "random"}
    change(folder, lambda config: config["text_cfg"].update(tokenizer_kwargs=kwargs))


def foreign_code(folder):
    kwargs = {"trust_remote_code": True}
    change(folder, lambda config: config["text_cfg"].update(tokenizer_kwargs=kwargs))


def change(folder, alter):
    file = folder / "open_clip_config.json"
    config = json.loads(file.read_text())
    alter(config["model_cfg"])
    file.write_text(json.dumps(config))


DAMAGE = {
    no_config: "open_clip_config.json is not in it",
    no_weights: "holds no weights: open_clip_model.safetensors is not in it",
    pickled: r"weights in open_clip_pytorch_model\.bin and none.*can run code",
    no_json: "cannot be read",
    no_architecture: "describes no architecture",
    unknown_key: "cannot be loaded: TypeError.*wheels",
    random_cuts: "tokenizer_kwargs hold 'reduction_mask'",
    foreign_code: "tokenizer_kwargs hold 'trust_remote_code'",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_a_damaged_folder_is_refused(damage, model_folder, load_model):
    damage(model_folder)
    with pytest.raises(InvalidArgument, match=DAMAGE[damage]) as caught:
        load_model(model_folder)
    assert "\n" not in str(caught.value)


def test_a_tag_says_how_images_are_prepared():
    options = dict.fromkeys(("weights", "pretrained", "tokenizer", "revision", "seed"))
    fresh = find("random:ViT-B-16-SigLIP", options)
    assert fresh.preprocess["mean"] == (0.5, 0.5, 0.5)
    assert fresh.preprocess["resize_mode"] == "squash"


def test_a_tag_beside_weights_chooses_the_preparation(tmp_path):
    weights = tmp_path / "w.safetensors"
    weights.touch()
    options = dict.fromkeys(("tokenizer", "revision", "seed"))
    options |= {"weights": str(weights), "pretrained": "laion2b_s32b_b82k"}
    found = find("ViT-L-14", options)
    assert found.preprocess["mean"] == (0.5, 0.5, 0.5)
    assert found.weights == weights
