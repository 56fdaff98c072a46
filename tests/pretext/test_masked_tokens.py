"""The contract, what refuses a training, and where one starts."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from vecstore.errors import ArtifactDamaged, InvalidArgument, InvalidInput
from vecstore.pretext.masked_tokens import SPEC
from vecstore.records import Input, Modality, Role
from vecstore.tasks import TextData
from vecstore.testing import PretextContract

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

LITTLE = {
    "vocabulary": 100,
    "hidden_size": 16,
    "layers": 1,
    "heads": 2,
    "max_length": 16,
    "epochs": 4.0,
    "evaluations": 4,
    "batch_size": 32,
    "learning_rate": 0.02,
    "validation": 0.1,
    "precision": "float32",
}
LOAD = {"device": "cpu", "batch_size": 4}


@pytest.fixture(scope="module")
def task():
    return SPEC


@pytest.fixture(scope="module")
def data(topic_texts):
    return topic_texts


class TestMaskedTokens(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


@pytest.fixture
def fit(plain_run, topic_data):
    """Trains on the topics, with what differs from the usual."""

    def fit(data=topic_data, *, starts=(), seed=7, **options):
        return SPEC.fit(
            data, plain_run(SPEC, options={**LITTLE, **options}, starts=starts, seed=seed)
        )

    return fit


@pytest.fixture(scope="module")
def trained(topic_data, make_run, as_artifact, tmp_path_factory):
    """An encoder that has learnt the two topics."""
    folder = tmp_path_factory.mktemp("trained")
    options = {**LITTLE, "learning_rate": 0.01, "epochs": 20.0}
    fitted = SPEC.fit(topic_data, make_run(SPEC, folder / "checkpoints", options=options))
    return as_artifact(fitted, folder / "artifact", SPEC.name)


def vectors(artifact, texts, **options):
    encoder = SPEC.load(artifact, {**LOAD, **options})
    return encoder.encode([Input(Modality.TEXT, text) for text in texts], Role.DOCUMENT)


def test_texts_of_one_topic_come_together(trained, topics):
    texts = [" ".join(words[n : n + 4]) for words in topics for n in range(4)]
    found = vectors(trained, texts)
    scores = found @ found.T
    within = np.concatenate([scores[:4, :4].ravel(), scores[4:, 4:].ravel()]).mean()
    assert within > 0.9
    assert scores[:4, 4:].mean() < 0.3


def test_held_out_texts_are_not_trained_on(topic_texts):
    from vecstore.pretext.masked_training import split

    train, held_out = split([*topic_texts, *topic_texts], 0.1, seed=7)
    assert len(held_out) == round(0.1 * len(set(topic_texts)))
    assert not set(train) & set(held_out)
    assert len(train) == 2 * (len(topic_texts) - len(held_out))
    assert split(topic_texts, 0.1, seed=8)[1] != held_out
    assert split(topic_texts, 0.0, seed=8) == (list(topic_texts), [])


def test_without_held_out_texts_there_are_no_figures(fit):
    result = fit(validation=0.0, epochs=1.0)
    assert result.metrics == {}
    assert result.curve[-1].loss > 0


def test_a_lower_layer_can_be_kept(topic_data, make_run, as_artifact, tmp_path):
    def train(name, **options):
        run = make_run(SPEC, tmp_path / name, options={**LITTLE, "layers": 2, **options})
        return as_artifact(SPEC.fit(topic_data, run), tmp_path / f"{name}-artifact", SPEC.name)

    lower, whole = train("lower", layer=1), train("whole")
    ids = [SPEC.load(one, LOAD).identity() for one in (lower, whole)]
    assert [one.parts["layer"] for one in ids] == [1, 2]
    assert ids[0].fingerprint != ids[1].fingerprint
    assert not np.allclose(vectors(lower, ["cat dog"]), vectors(whole, ["cat dog"]), atol=1e-3)
    sizes = [one.file("model.safetensors").stat().st_size for one in (lower, whole)]
    assert sizes[0] < sizes[1]


def test_the_batch_size_does_not_decide_numbers(trained, topic_texts):
    texts = ["", *topic_texts[:20], "cat " * 50, "zinc"]
    one, other = (vectors(trained, texts, batch_size=size) for size in (1, 64))
    assert np.abs(one - other).max() < 1e-5
    encoders = [SPEC.load(trained, {**LOAD, "batch_size": size}) for size in (1, 64)]
    assert encoders[0].identity().parts == encoders[1].identity().parts


def test_texts_are_cut_to_the_length_of_the_model(trained):
    long = "cat dog bird fish tail fur paw " * 5
    found = vectors(trained, [long, long + " zinc" * 50])
    assert np.array_equal(found[0], found[1])


def test_it_can_start_from_what_it_trained(trained, plain_run, topic_data, tmp_path, as_artifact):
    folder = tmp_path / "second"
    run = plain_run(SPEC, options={**LITTLE, "epochs": 1.0}, starts=[trained], folder=folder)
    second = as_artifact(SPEC.fit(topic_data, run), tmp_path / "after", SPEC.name)
    first, after = (one.file("tokenizer.json").read_text() for one in (trained, second))
    assert first == after
    # After one epoch it is ahead of where the first one was after five.
    assert second.manifest.metrics["loss"] < trained.manifest.curve[0].validation
    identities = [SPEC.load(one, LOAD).identity().fingerprint for one in (trained, second)]
    assert identities[0] != identities[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"hidden_size": 32, "layers": 3},
            r"set hidden_size=16 \(it is 32\) and layers=1 \(it is 3\)",
        ),
        ({"lower_case": False}, "set lower_case=true"),
    ],
)
def test_another_shape_than_that_to_start_from_is_refused(
    trained, plain_run, topic_data, tmp_path, options, message
):
    run = plain_run(SPEC, options={**LITTLE, **options}, starts=[trained], folder=tmp_path / "new")
    with pytest.raises(InvalidArgument, match=message):
        SPEC.fit(topic_data, run)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 15}, "multiple of heads"),
        ({"layer": 3}, "layer is 3 and layers is 1"),
        ({"layer": 0}, "layer is 0; 1 to"),
        ({"mask_share": 0.0}, "mask_share is 0"),
        ({"patience": 2, "validation": 0.0}, "patience is 2 and validation is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"epochs": 0.0}, "epochs is 0"),
        ({"vocabulary": 5000}, r"give \d+ word pieces.*asks for 5000"),
        ({"precision": "int8"}, "float32, bf16 or auto"),
    ],
)
def test_options_of_no_meaning_are_refused(fit, options, message):
    with pytest.raises((InvalidArgument, InvalidInput), match=message):
        fit(**options)


@pytest.mark.parametrize(
    ("texts", "message"),
    [([], "holds no text"), (["cat", "cat"], "one text only.*set validation to 0")],
)
def test_too_little_text_is_refused(fit, texts, message):
    with pytest.raises(InvalidInput, match=message):
        fit(TextData([texts] if texts else [], "0" * 64))


def test_weights_that_do_not_fit_are_refused(trained, tmp_path):
    from safetensors.torch import load_file, save_file

    weights = load_file(trained.file("model.safetensors"))
    weights.pop("encoder.layer.0.output.dense.weight")
    shutil.copytree(trained.folder, tmp_path / "copy")
    save_file(weights, tmp_path / "copy" / "model.safetensors")
    with pytest.raises(ArtifactDamaged, match=r"encoder\.layer\.0\.output\.dense\.weight"):
        SPEC.load(replace(trained, folder=tmp_path / "copy"), LOAD)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"device": "abacus"}, "'abacus', which this machine"),
    ],
)
def test_load_options_of_no_meaning_are_refused(trained, options, message):
    with pytest.raises(InvalidArgument, match=message):
        SPEC.load(trained, {**LOAD, **options})


def test_the_description_loads_nothing_heavy():
    code = (
        "import sys; from vecstore.pretext import masked_tokens, next_sentence;"
        "print(sorted({'torch', 'transformers', 'tokenizers', 'sentencex'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
