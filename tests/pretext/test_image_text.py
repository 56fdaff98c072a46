"""The contract, what refuses a training, where one starts, and what is learnt."""

import io
import itertools
from dataclasses import replace

import numpy as np
import pytest

from vecstore.errors import ArtifactDamaged, InvalidArgument, InvalidInput
from vecstore.pretext import classification, masked_tokens
from vecstore.pretext.image_text import SPEC
from vecstore.records import Input, Modality, Role
from vecstore.tasks import ImageData, PairData, TextData
from vecstore.testing import PretextContract

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

COLOURS = {
    "red": (220, 20, 20),
    "green": (20, 180, 20),
    "blue": (20, 20, 220),
    "black": (10, 10, 10),
    "yellow": (230, 230, 30),
    "pink": (230, 30, 230),
}
PLACES = {"top": (slice(0, 8), slice(0, 18)), "left": (slice(0, 18), slice(0, 8))}
IMAGE = {"image_size": 16, "width": 4, "depth": 1}
TEXT = {"text_width": 8, "text_layers": 1, "text_heads": 2, "max_length": 8, "vocabulary": 60}
VIEWS = {"crop": 0.8, "colour": 0.0, "grey": 0.0, "blur": 0.0, "rotation": 0.0}
TRAINING = {"batch_size": 12, "learning_rate": 0.01, "precision": "float32", "evaluations": 2}
LITTLE = {**IMAGE, **TEXT, **VIEWS, **TRAINING, "dim": 8, "epochs": 4.0, "validation": 0.2}
LOAD = {"device": "cpu", "batch_size": 5}


def drawn(colour, place):
    """Pixels of a bar of a colour, on white."""
    pixels = np.full((18, 18, 3), 255, dtype=np.uint8)
    pixels[PLACES[place]] = COLOURS[colour]
    return pixels


def png(pixels):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def names():
    return [(colour, place) for colour in COLOURS for place in PLACES]


@pytest.fixture(scope="module")
def task():
    return SPEC


@pytest.fixture(scope="module")
def data():
    return [(png(drawn(*name)), " ".join(name)) for name in names() * 2]


class TestImageText(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


@pytest.fixture(scope="module")
def pair_data():
    """Each of twelve images with two texts."""
    texts = [f"{shown} {colour} {place}" for colour, place in names() for shown in ("a", "the")]
    pixels = np.stack([drawn(*name) for name in names()])
    return PairData(pixels, texts, np.repeat(np.arange(12), 2), "0" * 64)


@pytest.fixture
def fit(make_run, pair_data, tmp_path):
    """Trains on the pairs, with what differs from the usual, each time in a folder of its own."""
    folders = (tmp_path / f"checkpoints-{number}" for number in itertools.count())

    def fit(data=pair_data, *, starts=(), **options):
        options = {**LITTLE, **options}
        return SPEC.fit(data, make_run(SPEC, next(folders), options=options, starts=starts))

    return fit


def vectors(artifact, inputs):
    return SPEC.load(artifact, LOAD).encode(inputs, Role.QUERY)


def as_text(*texts):
    return [Input(Modality.TEXT, text) for text in texts]


def as_images(*names):
    return [Input(Modality.IMAGE, png(drawn(*name))) for name in names]


@pytest.mark.parametrize("objective", ["clip", "align"])
def test_a_text_finds_its_image(fit, as_artifact, tmp_path, objective):
    trained = fit(
        objective=objective,
        epochs=30.0,
        validation=0.0,
        batch_size=24,
        word_masking=0.0,
        text_dropout=0.0,
        crop=1.0,
        width=8,
    )
    artifact = as_artifact(trained, tmp_path / "artifact", SPEC.name)
    texts = as_text(*(" ".join(name) for name in names()))
    found = vectors(artifact, [*texts, *as_images(*names())])
    nearest = (found[:12] @ found[12:].T).argmax(axis=1)
    assert (nearest == np.arange(12)).mean() > 0.7, nearest


def test_held_out_images_are_judged_by_their_ranks(fit):
    metrics = fit(validation=0.25).metrics
    assert set(metrics) == {"loss", "text_to_image_r1", "text_to_image_r10", "image_to_text_r10"}
    assert metrics["text_to_image_r10"] == 1.0  # three images are held out


def test_nothing_need_be_held_out(fit):
    trained = fit(validation=0.0, epochs=1.0)
    assert not trained.metrics
    assert trained.sizes["train_pairs"] == 24


def test_smoothing_counts_for_align_only(fit):
    losses = [
        fit(epochs=1.0, objective=objective, smoothing=smoothing).curve[-1].loss
        for objective, smoothing in (("clip", 0.1), ("clip", 0.5), ("align", 0.5))
    ]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"objective": "triplet"}, "objective"),
        ({"smoothing": 0.95}, "smoothing"),
        ({"word_masking": 1.0}, "word_masking"),
        ({"text_heads": 3}, "text_heads"),
        ({"dim": 1}, "dim"),
        ({"image_size": 4}, "image_size"),
        ({"crop": 0.0}, "crop"),
        ({"patience": 2, "validation": 0.0}, "patience"),
    ],
)
def test_options_of_no_meaning_are_refused(fit, options, field):
    with pytest.raises(InvalidArgument) as refused:
        fit(**options)
    assert refused.value.details["field"] == field
    assert f"{options[field]}".removesuffix(".0") in refused.value.message


def test_too_few_images_are_refused(fit, pair_data):
    one = PairData(pair_data.pixels[:1], ["a", "b"], np.zeros(2, dtype=np.int64), "0" * 64)
    with pytest.raises(InvalidInput, match="1 images"):
        fit(one)


@pytest.fixture(scope="module")
def artifacts(make_run, as_artifact, tmp_path_factory, pair_data, topic_data):
    """One of each kind that can be started from, by task."""
    folder = tmp_path_factory.mktemp("starts")
    labels = [colour for colour, _ in names()]
    short = {"epochs": 1.0, "batch_size": 8, "precision": "float32", "evaluations": 1}
    bert = {"vocabulary": 80, "hidden_size": 12, "layers": 1, "heads": 2, "max_length": 16}
    made = {
        SPEC: (pair_data, {**LITTLE, "epochs": 1.0}),
        classification.SPEC: (
            ImageData(pair_data.pixels, "0" * 64, labels),
            {**short, **IMAGE, "validation": 0.0},
        ),
        masked_tokens.SPEC: (TextData(topic_data.documents[:40], "0" * 64), {**short, **bert}),
    }
    return {
        task.name: as_artifact(
            task.fit(given, make_run(task, folder / f"{task.name}-run", options=options)),
            folder / task.name,
            task.name,
        )
        for task, (given, options) in made.items()
    }


def test_it_goes_on_from_its_own_artifact(fit, artifacts, as_artifact, tmp_path):
    start = artifacts[SPEC.name]
    trained = fit(starts=[start], learning_rate=1e-8, epochs=1.0, text_width=32, text_heads=4)
    assert len(trained.notes) == 2
    again = as_artifact(trained, tmp_path / "again", SPEC.name)
    texts = as_text("red top", "blue left", "")
    assert vectors(again, texts) == pytest.approx(vectors(start, texts), abs=1e-4)


def test_each_tower_may_come_from_an_artifact_of_its_own(fit, artifacts, as_artifact, tmp_path):
    from safetensors.numpy import load_file

    starts = [artifacts[masked_tokens.SPEC.name], artifacts[classification.SPEC.name]]
    trained = fit(starts=starts, learning_rate=1e-8, epochs=1.0, width=8)
    made = as_artifact(trained, tmp_path / "made", SPEC.name)
    words, files = (load_file(starts[0].file("model.safetensors")), ("text", "model"))
    texts, images = (load_file(made.file(f"{name}.safetensors")) for name in files)
    name = "embeddings.word_embeddings.weight"
    assert texts[name] == pytest.approx(words[name], abs=1e-5)
    pictures = load_file(starts[1].file("model.safetensors"))
    name = "embedder.embedder.convolution.weight"
    assert images[name] == pytest.approx(pictures[name], abs=1e-5)
    assert made.file("tokenizer.json").read_text() == starts[0].file("tokenizer.json").read_text()
    assert len(trained.notes) == 2


@pytest.mark.parametrize("other", [classification.SPEC.name, masked_tokens.SPEC.name])
def test_two_artifacts_for_one_tower_are_refused(fit, artifacts, other):
    with pytest.raises(InvalidArgument, match="both have") as refused:
        fit(starts=[artifacts[SPEC.name], artifacts[other]])
    assert refused.value.details["field"] == "start"


def test_vectors_of_another_length_are_refused(fit, artifacts):
    with pytest.raises(InvalidArgument, match="set dim=8") as refused:
        fit(starts=[artifacts[SPEC.name]], dim=16)
    assert refused.value.details["field"] == "dim"


def test_a_vit_sees_images_of_its_own_size_only(fit, as_artifact, tmp_path):
    vit = {"backbone": "vit", "width": 8, "heads": 2, "patch": 8}
    start = as_artifact(fit(**vit, epochs=1.0), tmp_path / "vit", SPEC.name)
    with pytest.raises(InvalidArgument, match="set image_size=16"):
        fit(starts=[start], image_size=32)


def test_weights_of_another_shape_are_refused(artifacts):
    whole = artifacts[SPEC.name]
    settings = {**whole.manifest.encoder, "dim": 4}
    with pytest.raises(ArtifactDamaged, match="do not fit"):
        SPEC.load(replace(whole, manifest=replace(whole.manifest, encoder=settings)), LOAD)


def test_a_load_leaves_the_generator_alone(artifacts):
    import torch

    before = torch.random.get_rng_state()
    SPEC.load(artifacts[SPEC.name], LOAD)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_texts_and_images_may_come_mixed(artifacts):
    mixed = [as_text("red top")[0], as_images(("red", "top"))[0], as_text("blue")[0]]
    encoder = SPEC.load(artifacts[SPEC.name], LOAD)
    alone = np.concatenate([encoder.encode([one], Role.DOCUMENT) for one in mixed])
    assert encoder.encode(mixed, Role.DOCUMENT) == pytest.approx(alone, abs=1e-5)


def test_the_number_of_a_damaged_image_is_told(artifacts):
    inputs = [*as_text("red"), *as_images(("red", "top")), Input(Modality.IMAGE, b"no image")]
    with pytest.raises(InvalidInput) as refused:
        SPEC.load(artifacts[SPEC.name], LOAD).encode(inputs, Role.DOCUMENT)
    assert refused.value.details["input"] == "2"
