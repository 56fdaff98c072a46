"""The contract, what is learnt, what refuses a training, where one starts, and the captions."""

import io
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from PIL import Image

from vecstore.errors import ArtifactDamaged, InvalidArgument, InvalidInput
from vecstore.pretext import contrastive
from vecstore.pretext.captioning import SPEC
from vecstore.records import Input, Modality, Role
from vecstore.specs import Describer
from vecstore.tasks import ImageData, PairData
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
NAMES = [(colour, place) for colour in COLOURS for place in PLACES]
IMAGE = {"image_size": 16, "width": 4, "depth": 1}
TEXT = {"text_width": 16, "text_layers": 1, "writer_layers": 1, "text_heads": 2, "max_length": 8}
VIEWS = {"crop": 0.8, "colour": 0.0, "grey": 0.0, "rotation": 0.0}
TRAINING = {"batch_size": 12, "learning_rate": 0.01, "precision": "float32", "evaluations": 2}
LITTLE = {
    **{**IMAGE, **TEXT, **VIEWS, **TRAINING},
    "vocabulary": 60,
    "queries": 2,
    "dim": 8,
    "epochs": 4.0,
    "validation": 0.2,
}
LOAD = {"device": "cpu", "batch_size": 5, "beams": 2}


def drawn(colour, place):
    """Pixels of a bar of a colour, on white."""
    pixels = np.full((18, 18, 3), 255, dtype=np.uint8)
    pixels[PLACES[place]] = COLOURS[colour]
    return pixels


def png(name):
    file = io.BytesIO()
    Image.fromarray(drawn(*name)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def task():
    return SPEC


@pytest.fixture(scope="module")
def data():
    return [(png(name), " ".join(name)) for name in NAMES * 2]


class TestCaptioning(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


@pytest.fixture(scope="module")
def pair_data():
    """Each of twelve images with two texts."""
    texts = [f"{shown} {colour} {place}" for colour, place in NAMES for shown in ("a", "the")]
    pixels = np.stack([drawn(*name) for name in NAMES])
    return PairData(pixels, texts, np.repeat(np.arange(12), 2), "0" * 64)


@pytest.fixture
def fit(plain_run, pair_data, tmp_path):
    """Trains on the pairs, with what differs from the usual; each time from the beginning."""
    folders = (tmp_path / f"checkpoints-{number}" for number in count())

    def fit(data=pair_data, *, starts=(), **options):
        options = {**LITTLE, **options}
        run = plain_run(SPEC, options=options, starts=starts, folder=next(folders))
        return SPEC.fit(data, run)

    return fit


@pytest.fixture(scope="module")
def learnt(make_run, as_artifact, tmp_path_factory, pair_data):
    """What has learnt the names of the bars."""
    folder = tmp_path_factory.mktemp("learnt")
    plain = {"crop": 1.0, "word_masking": 0.0, "text_dropout": 0.0, "validation": 0.0}
    options = {**LITTLE, **plain, "epochs": 60.0, "learning_rate": 0.005, "width": 8}
    trained = SPEC.fit(pair_data, make_run(SPEC, folder / "run", options=options))
    return as_artifact(trained, folder / "artifact", SPEC.name)


def as_images(*names):
    return [Input(Modality.IMAGE, png(name)) for name in names]


def as_texts(*texts):
    return [Input(Modality.TEXT, text) for text in texts]


def vectors(artifact, inputs):
    return SPEC.load(artifact, LOAD).encode(inputs, Role.QUERY)


def test_texts_find_images_and_images_get_their_captions(learnt):
    texts = as_texts(*(f"the {colour} {place}" for colour, place in NAMES))
    found = vectors(learnt, [*texts, *as_images(*NAMES)])
    nearest = (found[:12] @ found[12:].T).argmax(axis=1)
    assert (nearest == np.arange(12)).mean() > 0.7
    captions = SPEC.load(learnt, LOAD).describe(as_images(*NAMES))
    right = [
        caption.endswith(" ".join(name)) for caption, name in zip(captions, NAMES, strict=True)
    ]
    assert np.mean(right) > 0.7


def test_the_wrong_image_costs_more(learnt, pair_data):
    import torch

    from vecstore.encoders.options import resolve_options
    from vecstore.pretext.captioning_files import read_captioner
    from vecstore.pretext.captioning_judge import judge_captions
    from vecstore.pretext.captioning_objective import Objective
    from vecstore.pretext.tower_data import ImageTexts
    from vecstore.pretext.wordpieces import read_tokenizer

    model = Objective(read_captioner(learnt), resolve_options(SPEC, LITTLE)).eval()
    tokenizer = read_tokenizer(learnt.file("tokenizer.json"))
    with torch.no_grad():
        pairs = ImageTexts(pair_data, tokenizer, 8)
        figures, alone = (judge_captions(model, part, 24) for part in (pairs, pairs.part([0])))
    assert figures["wrong_image_nats"] > figures["caption_nats"] + 0.5
    assert "wrong_image_nats" not in alone


def test_captions_are_the_same_alone_and_among_others(learnt):
    encoder = SPEC.load(learnt, LOAD)
    assert isinstance(encoder, Describer)
    images = as_images(*NAMES)
    together = encoder.describe(images)
    assert together == [encoder.describe([image])[0] for image in images]
    assert together == encoder.describe(images[::-1])[::-1]
    assert all(caption.strip() for caption in together)


def test_an_image_that_cannot_be_described_is_named(learnt):
    inputs = [*as_images(NAMES[0]), Input(Modality.IMAGE, b"no image")]
    with pytest.raises(InvalidInput) as refused:
        SPEC.load(learnt, LOAD).describe(inputs)
    assert refused.value.details["input"] == "1"


def test_held_out_images_are_judged(fit):
    metrics = fit(validation=0.25).metrics
    assert set(metrics) == {
        "loss",
        "caption_nats",
        "caption_perplexity",
        "wrong_image_nats",
        "text_to_image_r1",
        "text_to_image_r10",
        "image_to_text_r10",
    }
    assert metrics["caption_perplexity"] == pytest.approx(np.exp(metrics["caption_nats"]))
    assert metrics["text_to_image_r10"] == 1.0  # three images are held out


def test_the_wrong_image_is_the_next_other_one():
    import torch

    from vecstore.pretext.captioning_judge import other_rows

    rows, others = other_rows(torch.tensor([4, 4, 7, 4]))
    assert rows.tolist() == [0, 1, 2, 3]
    assert others.tolist() == [2, 2, 3, 2]
    assert [len(part) for part in other_rows(torch.tensor([4, 4]))] == [0, 0]


def test_both_weights_count(fit):
    losses = {
        (apart, written): fit(
            contrastive_weight=apart, caption_weight=written, epochs=1.0, validation=0.0
        )
        .curve[-1]
        .loss
        for apart, written in ((1.0, 2.0), (2.0, 2.0), (1.0, 4.0))
    }
    assert losses[2.0, 2.0] > losses[1.0, 2.0] + 0.5
    assert losses[1.0, 4.0] > losses[1.0, 2.0] + 0.5


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"poolers": "none"}, "poolers"),
        ({"queries": 0}, "queries"),
        ({"writer_layers": 0}, "writer_layers"),
        ({"caption_weight": 0.0}, "caption_weight"),
        ({"contrastive_weight": 0.0}, "contrastive_weight"),
        ({"word_masking": 0.95}, "word_masking"),
        ({"text_heads": 3}, "text_heads"),
        ({"image_size": 4}, "image_size"),
        ({"crop": 0.0}, "crop"),
        ({"patience": 2, "validation": 0.0}, "patience"),
    ],
)
def test_options_of_no_meaning_are_refused(fit, options, field):
    with pytest.raises(InvalidArgument) as refused:
        fit(**options)
    assert refused.value.details["field"] == field


@pytest.mark.parametrize("options", [{"beams": 0}, {"beams": 65}, {"batch_size": 0}])
def test_load_options_of_no_meaning_are_refused(learnt, options):
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        SPEC.load(learnt, {**LOAD, **options})


def test_it_goes_on_from_all_of_its_own_artifact(learnt, fit, as_artifact, tmp_path):
    trained = fit(starts=[learnt], learning_rate=1e-8, epochs=1.0, text_width=32, queries=7)
    assert "whose shape" in trained.notes[0]
    again = as_artifact(trained, tmp_path / "again", SPEC.name)
    texts = as_texts("a red top", "the blue left", "")
    assert vectors(again, texts) == pytest.approx(vectors(learnt, texts), abs=1e-4)
    weights = [one.file("writer.safetensors").stat().st_size for one in (learnt, again)]
    assert weights[0] == weights[1]


def test_its_backbone_may_come_from_another_task_and_others_may_have_it(
    learnt, fit, make_run, as_artifact, tmp_path, pair_data
):
    from safetensors.numpy import load_file

    options = {"epochs": 1.0, "batch_size": 4, "precision": "float32", **IMAGE}
    run = make_run(contrastive.SPEC, tmp_path / "run", options=options)
    images = ImageData(pair_data.pixels, "0" * 64)
    start = as_artifact(contrastive.SPEC.fit(images, run), tmp_path / "start", "contrastive")
    trained = fit(starts=[start], learning_rate=1e-8, epochs=1.0, width=8)
    made = as_artifact(trained, tmp_path / "made", SPEC.name)
    name = "embedder.embedder.convolution.weight"
    first, after = (load_file(one.file("model.safetensors"))[name] for one in (start, made))
    assert after == pytest.approx(first, abs=1e-5)


def test_a_vit_sees_images_of_its_own_size_only(fit, as_artifact, tmp_path):
    vit = {"backbone": "vit", "width": 8, "heads": 2, "patch": 8}
    start = as_artifact(fit(**vit, epochs=1.0), tmp_path / "vit", SPEC.name)
    with pytest.raises(InvalidArgument, match="set image_size=16"):
        fit(starts=[start], image_size=32)


def altered(artifact, folder, file, change):
    from safetensors.numpy import load_file, save_file

    shutil.copytree(artifact.folder, folder)
    weights = load_file(folder / file)
    save_file({name: change(name, part) for name, part in weights.items()}, folder / file)
    return replace(artifact, folder=folder)


def test_the_writer_is_no_part_of_the_space(learnt, tmp_path):
    def doubled(_, weight):
        return weight * 2

    first, writer, towers = (
        SPEC.load(one, LOAD).identity().fingerprint
        for one in (
            learnt,
            altered(learnt, tmp_path / "writer", "writer.safetensors", doubled),
            altered(learnt, tmp_path / "towers", "towers.safetensors", doubled),
        )
    )
    assert first == writer != towers


@pytest.mark.parametrize("file", ["writer.safetensors", "towers.safetensors"])
def test_weights_that_do_not_fit_are_refused(learnt, tmp_path, file):
    damaged = altered(learnt, tmp_path / "copy", file, lambda _, weight: weight[..., :1].copy())
    with pytest.raises(ArtifactDamaged, match="do not fit") as refused:
        SPEC.load(damaged, LOAD)
    assert refused.value.details["file"] == file


def test_the_description_loads_nothing_heavy():
    code = (
        "import sys; from vecstore.pretext import captioning;"
        "print(sorted({'torch', 'transformers', 'tokenizers', 'kornia'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
