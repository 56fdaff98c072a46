"""Cosines keep float32's digits where a training computes in bf16."""

import pytest

pytestmark = pytest.mark.torch


@pytest.fixture
def vectors():
    """Forty vectors that are nearly the same."""
    import torch

    from vecstore.pretext.unit_vectors import unit

    draw = torch.Generator().manual_seed(0)
    return unit(torch.ones(8) + 0.02 * torch.randn(40, 8, generator=draw))


def test_they_have_length_one(vectors):
    import torch

    assert torch.allclose(vectors.norm(dim=1), torch.ones(40))


def test_bf16_around_changes_nothing(vectors):
    import torch

    from vecstore.pretext.tower_judge import ranks
    from vecstore.pretext.tower_losses import contrastive_loss, no_negatives

    def figures():
        apart = no_negatives(torch.arange(40), torch.arange(40))
        loss = contrastive_loss(vectors, vectors, torch.tensor(100.0), apart)
        return loss, ranks(vectors, vectors, torch.eye(40, dtype=torch.bool))

    loss, places = figures()
    with torch.autocast("cpu", torch.bfloat16):
        loss_inside, places_inside = figures()
    assert loss_inside.dtype is torch.float32
    assert float(loss_inside) == float(loss)
    assert places.tolist() == places_inside.tolist() == [1] * 40
