"""Whatever of a model's folder is changed, the fingerprint changes and the part is named."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from vecstore.encoders.canary import canary_vectors
from vecstore.encoders.drift import check_release
from vecstore.errors import ModelDrift


@pytest.fixture(scope="session")
def recorded(minilm):
    return canary_vectors(minilm)


@pytest.fixture
def check(minilm, recorded):
    """Check an encoder against the record of all-MiniLM-L6-v2@1."""

    def check(encoder):
        identity = minilm.identity()
        return check_release(
            encoder, identity.parts, identity.fingerprint, recorded, "all-MiniLM-L6-v2@1"
        )

    return check


def edit(file, change):
    content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def edit_weights(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def one_number(tensors):
    tensors["encoder.layer.5.output.dense.bias"][0] += 1e-3


def cased(folder):
    edit(folder / "tokenizer.json", lambda t: t["normalizer"].update(lowercase=False))
    edit(folder / "tokenizer_config.json", lambda t: t.update(do_lower_case=False))


def other_word(tokenizer):
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary["copy"], vocabulary["tree"] = vocabulary["tree"], vocabulary["copy"]


def by_first_token(pooling):
    pooling.update(pooling_mode_mean_tokens=False, pooling_mode_cls_token=True)


def query_prompt(config):
    config["prompts"] = {"query": "query: "}


def without_normalize(modules):
    del modules[2]


CHANGES = {
    "weights": (lambda folder: edit_weights(folder, one_number), "weights"),
    "lower case": (cased, "tokenizer.normalizer"),
    "vocabulary": (lambda folder: edit(folder / "tokenizer.json", other_word), "tokenizer.model"),
    "pooling": (
        lambda folder: edit(folder / "1_Pooling" / "config.json", by_first_token),
        "modules.1.mode",
    ),
    "prompt": (
        lambda folder: edit(folder / "config_sentence_transformers.json", query_prompt),
        "prompts.query",
    ),
    "maximum length": (
        lambda folder: edit(
            folder / "sentence_bert_config.json", lambda c: c.update(max_seq_length=128)
        ),
        "max_length",
    ),
    "normalisation": (
        lambda folder: edit(folder / "modules.json", without_normalize),
        "normalized",
    ),
    "architecture": (
        lambda folder: edit(folder / "config.json", lambda c: c.update(hidden_act="relu")),
        "modules.0.architecture",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_folder_is_refused_and_the_part_is_named(change, copy, load_model, check):
    alter, part = CHANGES[change]
    alter(copy)
    with pytest.raises(ModelDrift, match=r"register all-MiniLM-L6-v2@2") as caught:
        check(load_model(copy))
    assert part in caught.value.details["changed"].split(", ")


OPTIONS = {
    "max_length": (64, "max_length"),
    "query_prompt": ("query: ", "prompts.query"),
    "document_prompt": ("passage: ", "prompts.document"),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_that_changes_the_numbers_is_of_the_identity(option, load_model, check):
    value, part = OPTIONS[option]
    with pytest.raises(ModelDrift) as caught:
        check(load_model(**{option: value}))
    assert caught.value.details["changed"] == part


def test_the_same_model_elsewhere_is_the_same(minilm, copy, load_model, check):
    encoder = load_model(copy)
    assert encoder.identity() == minilm.identity()
    assert check(encoder) is None


def test_how_the_weights_are_cut_into_files_does_not_matter(minilm, copy, load_model):
    tensors = load_file(copy / "model.safetensors")
    names = sorted(tensors, reverse=True)
    (copy / "model.safetensors").unlink()
    places = {}
    for number, part in enumerate(np.array_split(np.array(names), 2)):
        file = f"model-{number + 1:05}-of-00002.safetensors"
        save_file({str(name): tensors[str(name)] for name in part}, copy / file, {"format": "pt"})
        places |= {str(name): file for name in part}
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert load_model(copy).identity() == minilm.identity()


def test_what_is_set_at_run_time_does_not_matter(minilm, copy, load_model):
    def other(tokenizer):
        tokenizer["truncation"] = None
        tokenizer["padding"] = None

    edit(copy / "tokenizer.json", other)
    edit(copy / "config.json", lambda c: c.update(transformers_version="9.9", _name_or_path="/x/y"))
    assert load_model(copy).identity() == minilm.identity()


def test_encoding_does_not_change_the_identity(load_model, minilm):
    assert load_model().identity() == minilm.identity()


def test_files_that_are_not_loaded_do_not_matter(minilm, copy, load_model):
    shutil.copy(copy / "model.safetensors", copy / "other.safetensors")
    (copy / "notes.json").write_text("{}")
    assert load_model(copy).identity() == minilm.identity()


def test_normalize_makes_unit_length_where_the_model_does_not(copy, load_model):
    edit(copy / "modules.json", without_normalize)
    bare, made = load_model(copy), load_model(copy, normalize=True)
    assert (bare.normalized, made.normalized) == (False, True)
    assert bare.identity() != made.identity()
    lengths = np.linalg.norm(canary_vectors(bare), axis=1)
    assert lengths.min() > 1.5
    assert np.allclose(np.linalg.norm(canary_vectors(made), axis=1), 1.0, atol=1e-5)
