import io
import json

import pytest
from vecstore_open_clip import vecstore_register_encoders

from vecstore.encoders.options import resolve_options
from vecstore.records import Input, Modality

CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 16, "head_width": 8, "layers": 1},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 8, "heads": 2, "layers": 1},
}
COCA = {
    "embed_dim": 16,
    "vision_cfg": {
        **CLIP["vision_cfg"],
        "attentional_pool": True,
        "attn_pooler_queries": 4,
        "attn_pooler_heads": 2,
        "output_tokens": True,
    },
    "text_cfg": {**CLIP["text_cfg"], "width": 16, "embed_cls": True, "output_tokens": True},
    "multimodal_cfg": {
        "context_length": 16,
        "vocab_size": 49408,
        "width": 16,
        "heads": 2,
        "layers": 1,
        "attn_pooler_heads": 2,
    },
    "custom_text": True,
}


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """On a busy machine two threads wait for each other."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def spec():
    (spec,) = vecstore_register_encoders()
    return spec


@pytest.fixture(scope="session")
def load_model(spec):
    """Load a source with these options, the others at their defaults."""
    from vecstore_open_clip.loading import load

    def load_model(source, **options):
        if "weights" in options:
            options["weights"] = str(options["weights"])
        return load(str(source), resolve_options(spec, {"device": "cpu", **options}))

    return load_model


@pytest.fixture(scope="session")
def described(tmp_path_factory):
    """Write an architecture to a JSON file."""
    folder = tmp_path_factory.mktemp("architectures")

    def described(name, config):
        file = folder / f"{name}.json"
        file.write_text(json.dumps(config))
        return file

    return described


@pytest.fixture(scope="session")
def clip_file(described):
    return described("clip", CLIP)


@pytest.fixture(scope="session")
def coca_file(described):
    return described("coca", COCA)


@pytest.fixture(scope="session")
def clip(load_model, clip_file):
    return load_model(f"random:{clip_file}")


@pytest.fixture(scope="session")
def coca(load_model, coca_file):
    return load_model(f"random:{coca_file}")


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Save an encoder's weights, without some tensors and with others."""
    from safetensors.torch import save_file

    def saved(encoder, name="weights.safetensors", without=(), **others):
        tensors = {k: v for k, v in encoder._model.state_dict().items() if k not in without}
        file = tmp_path_factory.mktemp("weights") / name
        save_file({**tensors, **others}, file)
        return file

    return saved


@pytest.fixture
def model_folder(clip, saved, tmp_path):
    """A whole model, as OpenCLIP saves it."""
    saved(clip).rename(tmp_path / "open_clip_model.safetensors")
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": CLIP}))
    return tmp_path


@pytest.fixture(scope="session")
def picture():
    """An image as an input: its file holds rings of this colour."""
    from PIL import Image

    def picture(colour=(200, 80, 40), size=(24, 20), kind="PNG"):
        image = Image.radial_gradient("L").resize(size)
        coloured = Image.composite(Image.new("RGB", size, colour), Image.new("RGB", size), image)
        file = io.BytesIO()
        coloured.save(file, kind)
        return Input(Modality.IMAGE, file.getvalue())

    return picture
