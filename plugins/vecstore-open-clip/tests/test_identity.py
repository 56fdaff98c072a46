"""What is of a model's identity, and what is not."""

import json

import pytest

pytestmark = pytest.mark.torch


@pytest.fixture
def changed(model_folder, load_model):
    """The folder's model after a change of its description."""

    def changed(part, **settings):
        file = model_folder / "open_clip_config.json"
        config = json.loads(file.read_text())
        (config["model_cfg"][part] if part else config["model_cfg"]).update(settings)
        file.write_text(json.dumps(config))
        return load_model(model_folder)

    return changed


SAME = (
    ("vision_cfg", {"mlp_ratio": 4.0, "patch_dropout": 0.5, "pool_type": "tok"}),
    ("text_cfg", {"pad_id": 0, "proj_type": "linear", "tokenizer_kwargs": {"clean": "lower"}}),
    ("", {"quick_gelu": False, "init_logit_scale": 1.0, "custom_text": False}),
)
OTHER = (
    ("vision_cfg", {"head_width": 16}, {"architecture"}),
    ("text_cfg", {"heads": 1}, {"architecture"}),
    ("text_cfg", {"tokenizer_kwargs": {"clean": "whitespace"}}, {"tokenizer"}),
    ("text_cfg", {"no_causal_mask": True}, {"architecture"}),
    ("", {"quick_gelu": True}, {"architecture"}),
)


@pytest.mark.parametrize(("part", "settings"), SAME)
def test_defaults_and_settings_of_training_do_not_matter(part, settings, clip, changed):
    assert changed(part, **settings).identity() == clip.identity()


@pytest.mark.parametrize(("part", "settings", "named"), OTHER)
def test_a_changed_description_is_another_model(part, settings, named, clip, changed):
    parts, others = clip.identity().parts, changed(part, **settings).identity().parts
    assert {name for name in parts if parts[name] != others[name]} == named


def test_it_is_whole_and_names_every_part(clip):
    identity = clip.identity()
    assert identity.missing == ()
    assert identity.parts["preprocessing"]["size"] == [16, 16]
    assert identity.parts["preprocessing"]["resize_mode"] == "shortest"
    assert identity.parts["context_length"] == 16
    assert (identity.parts["normalized"], identity.parts["dim"]) == (True, 16)


def test_runtime_says_what_ran(clip):
    runtime = clip.runtime()
    assert runtime["device"] == "cpu"
    assert runtime["precision"] == "float32"
    assert {"torch", "open-clip-torch", "pillow"} <= set(runtime)
