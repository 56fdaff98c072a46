"""Models that read text and images: both forms in which they are saved."""

import io
import json
import shutil
import string

import numpy as np
import pytest
from PIL import Image
from vecstore_sentence_transformers import images as reading
from vecstore_sentence_transformers.images import batches, decoded

from vecstore.encoders.canary import canary_vectors
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.records import Input, Modality, Role
from vecstore.testing import EncoderContract

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A tiny CLIP of the transformers library, as it saves it."""
    import torch
    from transformers import (
        CLIPConfig,
        CLIPImageProcessor,
        CLIPModel,
        CLIPProcessor,
        CLIPTokenizer,
    )

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("parts")
    letters = [*string.ascii_lowercase, *(f"{one}</w>" for one in string.ascii_lowercase)]
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, "re", "red</w>"]
    (folder / "vocab.json").write_text(json.dumps({one: n for n, one in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\nr e\nre d</w>\n")
    tokenizer = CLIPTokenizer(
        vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=16
    )
    layers = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    config = CLIPConfig(
        text_config={
            **layers,
            "vocab_size": len(tokens),
            "max_position_embeddings": 16,
            "bos_token_id": 0,
            "eos_token_id": 1,
            "pad_token_id": 1,
        },
        vision_config={**layers, "image_size": 16, "patch_size": 8},
        projection_dim=16,
    )
    torch.manual_seed(0)
    CLIPModel(config).save_pretrained(folder)
    images = CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    CLIPProcessor(image_processor=images, tokenizer=tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture
def new(parts, tmp_path):
    """As Sentence Transformers saves it now."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(parts), device="cpu")
    model.save(str(tmp_path / "new"), create_model_card=False)
    return tmp_path / "new"


@pytest.fixture
def old(parts, tmp_path):
    """As it saved it for years."""
    folder = tmp_path / "old"
    shutil.copytree(parts, folder / "0_CLIPModel")
    module = {"type": "sentence_transformers.models.CLIPModel", "path": "0_CLIPModel"}
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", **module}]))
    return folder


@pytest.fixture(params=["new", "old"])
def folder(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def picture():
    def picture(colour=(200, 60, 30), size=(24, 20)):
        rings = Image.radial_gradient("L").resize(size)
        image = Image.composite(Image.new("RGB", size, colour), Image.new("RGB", size), rings)
        file = io.BytesIO()
        image.save(file, "PNG")
        return Input(Modality.IMAGE, file.getvalue())

    return picture


def texts(*given):
    return [Input(Modality.TEXT, one) for one in given]


class TestImages(EncoderContract):
    @pytest.fixture
    def encoder(self, folder, load_model):
        return load_model(folder)

    @pytest.fixture
    def reload(self, folder, load_model):
        return lambda: load_model(folder)


def test_numbers_are_those_of_the_library(folder, load_model, picture):
    from sentence_transformers import SentenceTransformer

    encoder, bare = load_model(folder), SentenceTransformer(str(folder), device="cpu")
    assert encoder.modalities == {Modality.TEXT, Modality.IMAGE}
    assert encoder.identity().missing == ()
    pictures = [picture(), picture((3, 250, 9), (40, 30))]
    opened = [Image.open(io.BytesIO(one.data)) for one in pictures]
    assert np.array_equal(encoder.encode(pictures, Role.QUERY), bare.encode(opened))
    words = ["a red dress", "", "zz"]
    assert np.array_equal(encoder.encode(texts(*words), Role.QUERY), bare.encode(words))


def test_texts_and_images_may_stand_in_one_call(new, load_model, picture):
    encoder = load_model(new, batch_size=2)
    mixed = [picture(), *texts("a"), picture((1, 2, 3)), *texts("b"), picture((9, 9, 9))]
    alone = [encoder.encode([one], Role.DOCUMENT)[0] for one in mixed]
    assert np.allclose(encoder.encode(mixed, Role.DOCUMENT), alone, atol=1e-6)


@pytest.mark.parametrize("place", [1, 4])
def test_a_bad_image_is_named_by_its_number(place, new, load_model, picture):
    inputs = [*texts("a"), picture(), picture(), *texts("b"), picture(), picture()]
    inputs[place] = Input(Modality.IMAGE, picture().data[:50])
    with pytest.raises(InvalidInput) as caught:
        load_model(new, batch_size=2).encode(inputs, Role.DOCUMENT)
    assert caught.value.details["input"] == str(place)


@pytest.mark.parametrize("place", ["https://example.org/dress.jpg", "{folder}/dress.png"])
def test_a_text_is_never_taken_for_the_place_of_an_image(
    place, new, load_model, picture, monkeypatch
):
    """The library would fetch the one and open the other."""
    encoder = load_model(new)
    (new / "dress.png").write_bytes(picture().data)
    place = place.format(folder=new)

    def fetched(*_, **__):
        raise AssertionError("an image was fetched")

    monkeypatch.setattr("socket.socket.connect", fetched)
    found, elsewhere = encoder.encode([*texts(place), picture()], Role.QUERY)
    assert not np.allclose(found, elsewhere, atol=1e-3)
    same = encoder.encode(texts(f" {place} "), Role.QUERY)[0]
    assert np.allclose(found, same, atol=1e-6)


def test_prompts_stand_before_texts(new, load_model):
    prompted = load_model(new, query_prompt="red ")
    expected = load_model(new).encode(texts("red dress"), Role.QUERY)
    assert np.allclose(prompted.encode(texts("dress"), Role.QUERY), expected, atol=1e-6)


def test_a_very_long_image_stays_small(new, load_model, picture):
    """In proportion this one would become 16 x 3,200,000."""
    thin, broad = picture(size=(1, 200_000)), picture(size=(300, 2))
    assert [one.size for one in decoded([thin, broad], 0)] == [(1, 32), (64, 2)]
    assert load_model(new).encode([thin, broad], Role.QUERY).shape == (2, 16)


def test_large_images_are_decoded_a_few_at_a_time(new, load_model, picture, monkeypatch):
    monkeypatch.setattr(reading, "_TOGETHER", 200)
    images = [picture(size=(10, side)) for side in (10, 10, 5, 30, 2, 2, 2)]
    parts = [(first, len(part)) for first, part in batches(images, 2)]
    assert parts == [(0, 2), (2, 1), (3, 1), (4, 2), (6, 1)]
    encoder = load_model(new)
    at_once = []
    monkeypatch.setattr(
        "vecstore_sentence_transformers.encoder.decoded",
        lambda batch, first: at_once.append(len(batch)) or decoded(batch, first),
    )
    assert encoder.encode(images, Role.QUERY).shape == (7, 16)
    assert at_once == [2, 1, 1, 3]


@pytest.mark.parametrize(
    "change",
    [{"image_mean": [0.1, 0.2, 0.3]}, {"do_center_crop": False}, {"resample": 0}],
    ids=lambda change: next(iter(change)),
)
def test_the_preparation_is_of_the_identity(change, new, load_model):
    before = load_model(new)
    file = new / "processor_config.json"
    config = json.loads(file.read_text())
    config["image_processor"] |= change
    if "do_center_crop" in change:
        config["image_processor"]["size"] = {"height": 16, "width": 16}
    file.write_text(json.dumps(config))
    after = load_model(new)
    one, other = before.identity().parts, after.identity().parts
    assert {part for part in one if one[part] != other[part]} == {"images"}
    assert not np.allclose(canary_vectors(before), canary_vectors(after), atol=1e-4)


def test_models_of_text_alone_say_so(minilm):
    assert minilm.modalities == {Modality.TEXT}
    assert "images" not in minilm.identity().parts
    assert "image processor" not in minilm.runtime()


def test_a_ready_model_of_text_alone_says_so_before_it_is_loaded(spec):
    assert spec.modalities == (Modality.TEXT, Modality.IMAGE)
    assert [one.modalities for one in spec.ready] in ([], [(Modality.TEXT,)])


def test_what_is_not_installed_is_said(new, load_model, monkeypatch):
    import sentence_transformers

    def needs_more(*_, **__):
        raise ImportError("this processor requires the Torchvision library")

    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", needs_more)
    with pytest.raises(InvalidArgument, match=r"Torchvision.*pip install '.*\[images\]'"):
        load_model(new)
