"""The same patches are hidden at every evaluation, and baselines are judged on them."""

import numpy as np
import pytest
import torch

from vecstore.encoders.options import resolve_options
from vecstore.pretext.image_backbone import new_architecture
from vecstore.pretext.image_training import Squares
from vecstore.pretext.masked_patches import SPEC
from vecstore.pretext.masked_patches_judging import Judged, baselines, judge
from vecstore.pretext.masked_patches_model import MaskedAutoencoder
from vecstore.pretext.torch_parts import seeded

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

PATCHES = 16


@pytest.fixture
def model():
    options = {"image_size": 16, "patch": 4, "width": 8, "depth": 1, "heads": 2}
    options |= {"decoder_width": 8, "decoder_heads": 2}
    settings = resolve_options(SPEC, options)
    with seeded(3):
        architecture = new_architecture({**settings, "backbone": "vit"})
        return MaskedAutoencoder(architecture, settings).eval()


@pytest.fixture
def pixels():
    """300 photos that share a pattern, under noise of their own."""
    draw = np.random.default_rng(5)
    shared = draw.integers(60, 196, (18, 18, 3))
    return (shared + draw.normal(0, 20, (300, 18, 18, 3))).clip(0, 255).astype(np.uint8)


def test_the_same_patches_are_hidden_every_time(pixels):
    squares = Squares(pixels, range(200))
    one, other, third = (list(Judged(squares, PATCHES, seed)) for seed in (1, 1, 2))
    assert [len(batch["pixels"]) for batch in one] == [128, 72]
    for first, second, apart in zip(one, other, third, strict=True):
        assert torch.equal(first["noise"], second["noise"])
        assert not torch.equal(first["noise"], apart["noise"])
    assert not torch.equal(one[0]["noise"][:72], one[1]["noise"])


def test_judging_weighs_every_image_alike(model, pixels):
    squares = Squares(pixels, range(200))
    batches = Judged(squares, PATCHES, 1)
    whole = {name: torch.cat([one[name] for one in batches]) for name in ("pixels", "noise")}
    with torch.no_grad():
        expected = float(model(**whole)["loss"])
        assert judge(model, batches)["loss"] == pytest.approx(expected, rel=1e-5)
        assert judge(model, batches) == judge(model, batches)


def test_baselines_are_painted_without_looking(model, pixels):
    train, judged = Squares(pixels, range(200)), Squares(pixels, range(200, 300))
    batches = Judged(judged, PATCHES, 1)
    found = baselines(model, train, batches)
    assert found["loss_of_nothing"] == pytest.approx(47 / 48, abs=1e-3)
    seen, asked = (model.targets(torch.from_numpy(part)) for part in (pixels[:200], pixels[200:]))
    hidden = model.hidden(next(iter(batches))["noise"])
    by_hand = (asked - seen.mean(dim=0)).square().mean(dim=2)[hidden].mean()
    assert found["loss_of_mean"] == pytest.approx(float(by_hand), rel=1e-4)
    assert found["loss_of_mean"] < 0.8


def test_painting_nothing_costs_what_a_model_that_paints_nothing_does(model, pixels):
    torch.nn.init.zeros_(model.inner.decoder.decoder_pred.weight)
    batches = Judged(Squares(pixels, range(200)), PATCHES, 1)
    with torch.no_grad():
        loss = judge(model, batches)["loss"]
    nothing = baselines(model, Squares(pixels, range(9)), batches)["loss_of_nothing"]
    assert nothing == pytest.approx(loss, rel=1e-5)
