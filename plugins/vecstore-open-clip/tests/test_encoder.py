"""The contract, for models with and without captions; numbers as the library's own."""

import io
import json

import numpy as np
import pytest
import torch
from open_clip import create_model_from_pretrained, get_tokenizer
from PIL import Image

from vecstore.encoders.canary import canary_vectors, compare_canaries
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.records import Input, Modality, Role
from vecstore.testing import EncoderContract

pytestmark = pytest.mark.torch

TEXTS = ("", "a red dress", "A red DRESS &amp; shoes", "word " * 200, "色は匂へど")


def texts(*given):
    return [Input(Modality.TEXT, text) for text in given]


class TestClip(EncoderContract):
    @pytest.fixture
    def encoder(self, clip):
        return clip

    @pytest.fixture
    def reload(self, load_model, clip_file):
        return lambda: load_model(f"random:{clip_file}")


class TestCoca(EncoderContract):
    @pytest.fixture
    def encoder(self, coca):
        return coca

    @pytest.fixture
    def reload(self, load_model, coca_file):
        return lambda: load_model(f"random:{coca_file}")


@pytest.mark.parametrize("seed", [0, 5])
def test_the_twin_of_a_drawn_model_is_another_model(load_model, clip_file, seed):
    encoder = load_model(f"random:{clip_file}", seed=seed)
    before = torch.get_rng_state()
    twin = encoder.random_twin(seed)
    assert torch.equal(torch.get_rng_state(), before)
    assert twin.identity() != encoder.identity()
    assert not np.allclose(canary_vectors(twin), canary_vectors(encoder), atol=1e-2)


def test_nothing_that_was_learnt_is_left_in_a_twin(load_model, model_folder):
    encoder = load_model(model_folder)
    with torch.no_grad():
        for tensor in encoder._model.parameters():
            tensor.fill_(1000)
    twin = encoder.random_twin(0)
    assert not any((tensor == 1000).any() for tensor in twin._model.parameters())


def test_numbers_are_those_of_the_library(model_folder, load_model, picture):
    encoder = load_model(model_folder)
    images = [picture(), picture((10, 20, 250), (40, 16), "JPEG"), picture(size=(16, 16))]
    model, preprocess = create_model_from_pretrained(f"local-dir:{model_folder}")
    opened = [preprocess(Image.open(io.BytesIO(one.data))) for one in images]
    with torch.inference_mode():
        by_image = model.eval().encode_image(torch.stack(opened), normalize=True)
        tokens = get_tokenizer(f"local-dir:{model_folder}")(list(TEXTS))
        by_text = model.encode_text(tokens, normalize=True)
    assert np.array_equal(encoder.encode(images, Role.DOCUMENT), by_image.numpy())
    assert np.array_equal(encoder.encode(texts(*TEXTS), Role.QUERY), by_text.numpy())


def test_texts_and_images_may_stand_in_one_call(clip, picture):
    mixed = [picture(), *texts("one"), picture((1, 2, 3)), *texts("two")]
    alone = [clip.encode([one], Role.DOCUMENT)[0] for one in mixed]
    assert np.allclose(clip.encode(mixed, Role.DOCUMENT), alone, atol=1e-6)


def test_batches_do_not_matter(clip, load_model, clip_file, picture):
    inputs = [picture((number, 0, 99)) for number in range(5)] + texts("a", "b", "c")
    by_two = load_model(f"random:{clip_file}", batch_size=2)
    found = by_two.encode(inputs, Role.DOCUMENT)
    assert np.allclose(found, clip.encode(inputs, Role.DOCUMENT), atol=1e-6)


@pytest.mark.parametrize("bad", [b"", b"no image", b"cut"])
@pytest.mark.parametrize("place", [1, 4])
def test_a_bad_image_is_named_by_its_number(bad, place, load_model, clip_file, picture):
    encoder = load_model(f"random:{clip_file}", batch_size=2)
    good = picture()
    bad = good.data[:60] if bad == b"cut" else bad
    inputs = [texts("first")[0], good, good, texts("then")[0], good, good]
    inputs[place] = Input(Modality.IMAGE, bad)
    with pytest.raises(InvalidInput) as caught:
        encoder.encode(inputs, Role.DOCUMENT)
    assert caught.value.details["input"] == str(place)
    assert encoder.encode(inputs[5:], Role.DOCUMENT).shape == (1, 16)


def test_vectors_may_keep_their_length(clip, load_model, clip_file):
    bare = load_model(f"random:{clip_file}", normalize=False)
    assert (clip.normalized, bare.normalized) == (True, False)
    assert bare.identity() != clip.identity()
    vectors = canary_vectors(bare)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    assert abs(lengths - 1).max() > 0.1
    assert np.allclose(vectors / lengths, canary_vectors(clip), atol=1e-6)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("model", ["clip", "coca"])
def test_other_precisions_are_the_same_model(precision, model, load_model, request):
    encoder = request.getfixturevalue(model)
    other = load_model(f"random:{request.getfixturevalue(f'{model}_file')}", precision=precision)
    assert other.identity() == encoder.identity()
    assert other.runtime()["precision"] == precision
    verdict = compare_canaries(canary_vectors(encoder), canary_vectors(other))
    assert 0 < verdict.deviation < 1e-3


@pytest.mark.parametrize(
    ("option", "value"),
    [("batch_size", 0), ("precision", "int8"), ("device", "abacus")],
)
def test_options_out_of_range_are_refused(option, value, load_model):
    with pytest.raises(InvalidArgument, match=f"the option {option} is") as caught:
        load_model("/no/such/folder", **{option: value})
    assert caught.value.details["field"] == option


def test_towers_that_share_no_space_are_refused(load_model, described, clip_file):
    config = json.loads(clip_file.read_text())
    config["text_cfg"]["proj_type"] = "none"
    with pytest.raises(InvalidArgument, match="texts 8 numbers and images 16"):
        load_model(f"random:{described('unequal', config)}")


def test_a_vocabulary_that_is_too_small_is_refused(load_model, described, clip_file):
    config = json.loads(clip_file.read_text())
    config["text_cfg"]["vocab_size"] = 49407
    with pytest.raises(InvalidArgument, match="the token 49407, and the model knows 49407"):
        load_model(f"random:{described('small', config)}")
