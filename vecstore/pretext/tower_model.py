"""Two towers whose vectors share one space: one sees images, one reads texts."""

from __future__ import annotations

import torch
from torch import nn

from vecstore.pretext.image_backbone import Backbone
from vecstore.pretext.tower_text import TextTower
from vecstore.pretext.unit_vectors import unit


class TwoTowers(nn.Module):
    """An image backbone and a text tower, each followed by a linear projection.

    Args:
        image, text: the towers.
        dim: length of the vectors.
    """

    def __init__(self, image: Backbone, text: TextTower, dim: int) -> None:
        super().__init__()
        self.image, self.text, self.dim = image, text, dim
        self.projections = nn.ModuleDict(
            {
                "image": nn.Linear(image.dim, dim, bias=False),
                "text": nn.Linear(text.dim, dim, bias=False),
            }
        )

    def fresh(self) -> TwoTowers:
        """Others of this architecture, which have learnt nothing."""
        return TwoTowers(self.image.fresh(), self.text.fresh(), self.dim)

    def of_images(self, pixels: torch.Tensor) -> torch.Tensor:
        """Vectors of length 1, shape (n, dim), float32, of pixels (n, 3, side, side) in [0, 1]."""
        return unit(self.projections["image"](self.image(pixels)))

    def of_texts(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Vectors of length 1, shape (n, dim), float32, of pieces (n, length)."""
        return unit(self.projections["text"](self.text(input_ids, attention_mask)))
