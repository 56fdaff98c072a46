"""Positions, targets and masks, and that nothing is drawn in evaluation where noise is given."""

import numpy as np
import pytest
import torch

from vecstore.encoders.options import resolve_options
from vecstore.pretext.image_backbone import Backbone, new_architecture
from vecstore.pretext.image_encoder import to_floats
from vecstore.pretext.masked_patches import SPEC
from vecstore.pretext.masked_patches_model import MaskedAutoencoder, sincos_positions
from vecstore.pretext.torch_parts import seeded

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

LITTLE = {
    "image_size": 16,
    "patch": 4,
    "width": 16,
    "depth": 1,
    "heads": 2,
    "decoder_width": 8,
    "decoder_heads": 2,
}


@pytest.fixture
def make_model():
    def make(**options):
        settings = resolve_options(SPEC, {**LITTLE, **options})
        with seeded(3):
            return MaskedAutoencoder(new_architecture({**settings, "backbone": "vit"}), settings)

    return make


@pytest.fixture
def pixels():
    draw = np.random.default_rng(5)
    return torch.from_numpy(draw.integers(0, 256, (6, 18, 18, 3), dtype=np.uint8))


@pytest.fixture
def noise():
    return torch.rand(6, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    "part", ["vit.embeddings.position_embeddings", "decoder.decoder_pos_embed"]
)
def test_every_place_has_a_position_of_its_own(make_model, part):
    positions = make_model().inner.get_parameter(part)
    assert not positions.requires_grad
    places = positions[0, 1:]
    apart = torch.cdist(places, places) + 10 * torch.eye(16)
    assert apart.min() > 0.1


def test_weights_are_drawn_as_the_paper_does(make_model):
    model = make_model(width=64, depth=2).inner
    for name, weight in model.named_parameters():
        if weight.ndim > 1 and "token" not in name and "pos" not in name:
            outs, ins = weight.flatten(1).shape
            wanted = (2 / (ins + outs)) ** 0.5
            assert float(weight.detach().std()) == pytest.approx(wanted, rel=0.15), name
    assert float(model.decoder.mask_token.detach().abs().max()) > 0


def test_neighbours_are_nearer_than_others():
    places = sincos_positions(8, 32)[0, 1:].reshape(8, 8, 32)
    start = places[3, 3]
    beside, below, corner = (float((places[at] - start).norm()) for at in ((3, 4), (4, 3), (0, 0)))
    assert beside == pytest.approx(below)
    assert corner > beside
    # The first half tells the column, the second the row.
    assert torch.equal(places[0, :, 16:], places[0, :1, 16:].expand(8, 16))
    assert torch.equal(places[:, 0, :16], places[:1, 0, :16].expand(8, 16))


def test_a_backbone_sees_what_the_encoder_sees_without_masks(make_model, pixels):
    model = make_model().eval()
    backbone = backbone_of(model)
    model.encoder.embeddings.config.mask_ratio = 0.0
    in_order = torch.arange(16.0).expand(6, 16)
    with torch.no_grad():
        seen = model.encoder(model.seen(pixels), noise=in_order).last_hidden_state[:, 1:]
        assert (backbone.places(to_floats(pixels, 16)) - seen).abs().max() < 1e-5


def test_where_a_patch_is_matters(make_model):
    backbone = backbone_of(make_model())
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        moved = image.roll((4, 8), dims=(2, 3))  # by whole patches
        assert (backbone(moved) - backbone(image)).abs().max() > 1e-3


def backbone_of(model):
    settings = resolve_options(SPEC, LITTLE)
    backbone = Backbone(new_architecture({**settings, "backbone": "vit"})).eval()
    backbone.inner.load_state_dict(model.encoder.state_dict())
    return backbone


def test_the_loss_is_that_of_hidden_patches(make_model, pixels, noise):
    model = make_model().eval()
    torch.nn.init.zeros_(model.inner.decoder.decoder_pred.weight)
    expected = model.targets(pixels).square().mean(dim=2)[model.hidden(noise)].mean()
    with torch.no_grad():
        assert float(model(pixels, noise)["loss"]) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(("share", "hidden"), [(0.75, 12), (0.5, 8), (0.9, 15)])
def test_as_many_patches_are_hidden_as_asked(make_model, noise, share, hidden):
    assert make_model(mask_share=share).hidden(noise).sum(dim=1).tolist() == [hidden] * 6


def test_a_patch_is_normalised_by_itself(make_model, pixels):
    targets = make_model().eval().targets(pixels)
    assert targets.mean(dim=2).abs().max() < 1e-5
    assert targets.var(dim=2).sub(1).abs().max() < 1e-3
    plain = make_model(normalised_targets=False).eval().targets(pixels)
    assert plain.var(dim=2).sub(1).abs().max() > 0.1


def test_what_is_hidden_is_not_seen(make_model, pixels, noise):
    model = make_model().eval()
    hidden = model.hidden(noise)[0].reshape(4, 4).repeat_interleave(4, 0).repeat_interleave(4, 1)
    seen = model.seen(pixels)
    other = torch.where(hidden, torch.randn_like(seen), seen)
    with torch.no_grad():
        one, two = (model.inner(pixel_values=x[:1], noise=noise[:1]).logits for x in (seen, other))
    assert torch.equal(one, two)


def test_training_draws_from_the_generator_of_torch(make_model, pixels):
    model = make_model().train()

    def loss(seed):
        with seeded(seed), torch.no_grad():
            return float(model(pixels)["loss"])

    assert loss(1) == loss(1)
    assert loss(1) != loss(2)


def test_judging_draws_nothing(make_model, pixels, noise):
    model = make_model().eval()
    with seeded(1), torch.no_grad():
        before = torch.get_rng_state()
        one, two = (float(model(pixels, noise)["loss"]) for _ in range(2))
        assert torch.equal(torch.get_rng_state(), before)
    assert one == two
