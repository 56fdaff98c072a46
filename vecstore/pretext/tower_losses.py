"""Telling the true text of an image from the others of a batch, and the other way round.

CLIP (A. Radford et al., 2021, arXiv:2103.00020): cross entropy in both directions, with a learnt
temperature. ALIGN (C. Jia et al., 2021, arXiv:2102.05918): the same over normalised vectors, with
smoothed labels.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from vecstore.pretext.unit_vectors import cosines

_FIRST_SCALE = 1 / 0.07
_MOST = math.log(100.0)


class Temperature(nn.Module):
    """What cosines are multiplied by, one over the temperature: learnt, and 100 at most."""

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))

    def forward(self) -> torch.Tensor:
        """A scalar, float32."""
        if self.training:
            # In place, as CLIP does: a clamp in the graph has no gradient that leads back.
            with torch.no_grad():
                self.log_scale.clamp_(0.0, _MOST)
        return self.log_scale.float().exp()


def contrastive_loss(
    images: torch.Tensor,
    texts: torch.Tensor,
    scale: torch.Tensor,
    no_negative: torch.Tensor,
    smoothing: float = 0.0,
) -> torch.Tensor:
    """The mean of both directions' cross entropies; a scalar, float32.

    Args:
        images, texts: shape (n, dim), of length 1; row i of the one goes with row i of the other.
        scale: of the cosines, a scalar.
        no_negative: shape (n, n), from :func:`no_negatives`: what is passed over.
        smoothing: share of the probability that is to lie evenly over all the batch; 0 for CLIP.
    """
    scores = scale * cosines(images, texts)
    scores = scores.masked_fill(no_negative, -math.inf)
    by_image = _cross_entropy(scores, no_negative, smoothing)
    by_text = _cross_entropy(scores.T, no_negative.T, smoothing)
    return (by_image + by_text) / 2


def no_negatives(images: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Where a text of a batch is no false one for an image, though it stands in another row.

    Args:
        images, texts: shape (n,): a number for each image and text, the same one for the same.

    Returns:
        Shape (n, n), bool: whether rows i and j share their image or their text; False for i = j.
    """
    shared = (images[:, None] == images[None, :]) | (texts[:, None] == texts[None, :])
    return shared.fill_diagonal_(False)


def _cross_entropy(
    scores: torch.Tensor, passed_over: torch.Tensor, smoothing: float
) -> torch.Tensor:
    logs = scores.log_softmax(dim=1)
    loss = -logs.diagonal().mean()
    if not smoothing:
        return loss
    counts = (~passed_over).sum(dim=1)
    even = -logs.masked_fill(passed_over, 0.0).sum(dim=1) / counts
    return (1.0 - smoothing) * loss + smoothing * even.mean()
