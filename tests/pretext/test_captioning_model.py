"""Who sees what: a decoder of two halves, poolers, and the token behind a text."""

import numpy as np
import pytest

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

ARCHITECTURE = {
    "vocabulary": 30,
    "max_length": 12,
    "width": 8,
    "heads": 2,
    "layers": 2,
    "writer_layers": 2,
    "queries": 3,
    "poolers": "cascade",
    "dim": 6,
}
TEXT = [2, 9, 10, 11, 12, 3]


@pytest.fixture
def captioner():
    return make_captioner()


def make_captioner(**changes):
    import torch

    from vecstore.pretext.captioning_model import Captioner
    from vecstore.pretext.image_backbone import Backbone, new_architecture

    options = {"backbone": "vit", "width": 8, "depth": 1, "heads": 2, "image_size": 8, "patch": 4}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        backbone = Backbone(new_architecture(options))
        return Captioner(backbone, {**ARCHITECTURE, **changes}).eval()


def batch(*texts):
    """Rows of ids, filled up with padding, and their mask."""
    import torch

    longest = max(map(len, texts))
    ids = torch.tensor([[*text, *[0] * (longest - len(text))] for text in texts])
    return ids, (ids != 0).long()


def images(count):
    import torch

    return torch.from_numpy(np.random.default_rng(4).random((count, 3, 8, 8), dtype=np.float32))


def apart(one, other):
    """How far two tensors are from each other at most."""
    return float((one - other).detach().abs().max())


def test_a_piece_sees_none_that_comes_later(captioner):
    changed = [*TEXT[:4], 20, 3]
    seen = captioner.see(images(1))[0]
    one, other = (captioner.scores(*batch(text), seen)[0] for text in (TEXT, changed))
    assert apart(one[:4], other[:4]) < 1e-6
    assert apart(one[4:], other[4:]) > 1e-3


def test_no_piece_sees_the_token_behind_the_text(captioner):
    import torch

    hidden, vectors = captioner.reading(*batch(TEXT))
    with torch.no_grad():
        captioner.reading.summary[0] += 1.0
    after, turned = captioner.reading(*batch(TEXT))
    assert apart(hidden, after) == 0.0
    assert apart(vectors, turned) > 1e-3


@pytest.mark.parametrize("place", range(len(TEXT)))
def test_the_token_behind_a_text_sees_all_of_it(captioner, place):
    changed = [20 if n == place else piece for n, piece in enumerate(TEXT)]
    one, other = (captioner.of_texts(*batch(text)) for text in (TEXT, changed))
    assert apart(one, other) > 1e-4


def test_padding_changes_nothing(captioner):
    long = [2, *range(10, 20), 3]
    ids, mask = batch(TEXT, long)
    seen = captioner.see(images(1))[0].expand(2, -1, -1)
    assert apart(captioner.of_texts(ids, mask)[:1], captioner.of_texts(*batch(TEXT))) < 1e-6
    alone = captioner.scores(*batch(TEXT), seen[:1])[0]
    assert apart(captioner.scores(ids, mask, seen)[0, : len(TEXT)], alone) < 1e-6
    ids[0, len(TEXT) :] = 25  # what stands under the mask does not matter
    assert apart(captioner.of_texts(ids, mask)[:1], captioner.of_texts(*batch(TEXT))) < 1e-6


def test_the_upper_half_sees_the_image_and_the_lower_half_does_not(captioner):
    import torch

    seen = captioner.see(images(2))[0].detach().requires_grad_()
    ids, mask = batch(TEXT, TEXT)
    hidden, vectors = captioner.reading(ids, mask)
    assert torch.equal(hidden[0], hidden[1])
    assert torch.equal(vectors[0], vectors[1])
    scores = captioner.scores(ids, mask, seen)
    assert apart(scores[0], scores[1]) > 1e-4
    (gradient,) = torch.autograd.grad(scores[0].sum(), seen)
    assert gradient[0].abs().sum() > 0  # its own image
    assert gradient[1].abs().sum() == 0  # and no other


@pytest.mark.parametrize(("poolers", "depends"), [("cascade", True), ("parallel", False)])
def test_the_vector_comes_from_what_the_writer_sees_in_a_cascade_only(poolers, depends):
    import torch

    captioner = make_captioner(poolers=poolers)
    torch.nn.init.ones_(captioner.looking.projection.weight[:, :1].detach())
    before = captioner.of_images(images(1))
    with torch.no_grad():
        captioner.looking.for_writer.out_norm.bias[0] += 1.0
    assert (apart(before, captioner.of_images(images(1))) > 1e-4) == depends


def test_the_mean_over_the_places_is_in_the_vector(captioner):
    places = captioner.backbone.places(images(2))
    expected = captioner.looking.mean_projection(places.mean(dim=1))
    assert apart(captioner.of_images(images(2)), expected) < 1e-6  # at first it is all there is


def test_forms(captioner):
    seen, vectors = captioner.see(images(4))
    assert seen.shape == (4, 3, 8)
    assert vectors.shape == (4, 6)
    assert captioner.of_texts(*batch(TEXT, TEXT[:2])).shape == (2, 6)
    assert captioner.scores(*batch(TEXT), seen[:1]).shape == (1, 6, 30)


def test_costs_are_those_of_the_next_pieces_and_none_for_padding(captioner):
    import torch

    from vecstore.pretext.captioning_model import caption_costs

    ids, mask = batch(TEXT, [2, 9, 3])
    seen = captioner.see(images(2))[0]
    hidden, _ = captioner.reading(ids, mask)
    written = captioner.writing(hidden, mask, seen)
    costs = caption_costs(captioner.writing.head, written, ids, mask)
    logs = captioner.scores(ids, mask, seen).detach().log_softmax(dim=2)
    for row, place in ((0, 0), (0, 4), (1, 0), (1, 1)):
        expected = -logs[row, place, ids[row, place + 1]]
        assert float(costs[row, place].detach()) == pytest.approx(float(expected), abs=1e-5)
    assert torch.equal(costs[1, 2:], torch.zeros(3))
