"""What counts as a false text, what a loss is by hand, and how sharp the comparison gets."""

import math

import pytest

pytestmark = pytest.mark.torch


@pytest.fixture
def vectors():
    """Six images and six texts, of length 1."""
    import torch

    drawn = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.normalize(drawn, dim=2)


def loss_of(vectors, no_negative=None, smoothing=0.0):
    import torch

    from vecstore.pretext.tower_losses import contrastive_loss

    if no_negative is None:
        no_negative = torch.zeros(6, 6, dtype=torch.bool)
    return float(contrastive_loss(*vectors, torch.tensor(5.0), no_negative, smoothing))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_the_mean_of_the_cross_entropies_of_both_directions(vectors, smoothing):
    import torch

    scores, right = 5.0 * vectors[0] @ vectors[1].T, torch.arange(6)
    expected = [
        float(torch.nn.functional.cross_entropy(one, right, label_smoothing=smoothing))
        for one in (scores, scores.T)
    ]
    assert loss_of(vectors, smoothing=smoothing) == pytest.approx(sum(expected) / 2, rel=1e-5)


def test_rows_that_share_an_image_or_a_text_are_no_negatives_of_each_other():
    import torch

    from vecstore.pretext.tower_losses import no_negatives

    found = no_negatives(torch.tensor([0, 1, 0, 2]), torch.tensor([5, 6, 7, 6]))
    assert found.nonzero().tolist() == [[0, 2], [1, 3], [2, 0], [3, 1]]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_what_is_passed_over_counts_nowhere(vectors, smoothing):
    import torch

    from vecstore.pretext.tower_losses import no_negatives

    twice = torch.cat([vectors, vectors[:, :1]], dim=1)  # the first pair once more
    numbers = torch.tensor([0, 1, 2, 3, 4, 5, 0])
    loss = loss_of(twice, no_negatives(numbers, numbers), smoothing)
    assert math.isfinite(loss)
    assert loss == pytest.approx(without_twins(twice, numbers, smoothing), rel=1e-5)


def without_twins(vectors, numbers, smoothing):
    """The mean over rows, each among the other numbers and itself."""
    scores, losses = 5.0 * vectors[0] @ vectors[1].T, []
    for table in (scores, scores.T):
        for row, number in enumerate(numbers):
            kept = [n for n in range(len(numbers)) if n == row or numbers[n] != number]
            logs = table[row, kept].log_softmax(dim=0)
            own = logs[kept.index(row)]
            losses.append(float(-(1 - smoothing) * own - smoothing * logs.mean()))
    return sum(losses) / len(losses)


def test_the_temperature_is_learnt_within_bounds():
    import torch

    from vecstore.pretext.tower_losses import Temperature

    temperature = Temperature()
    assert float(temperature().detach()) == pytest.approx(1 / 0.07)
    with torch.no_grad():
        temperature.log_scale.fill_(9.0)
    scale = temperature()
    assert float(scale.detach()) == pytest.approx(100.0)
    scale.backward()
    assert float(temperature.log_scale.grad) > 0.0  # there is a way back
