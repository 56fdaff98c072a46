"""SimCLR: backbone, projection head and loss; and how held-out images judge them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from vecstore.pretext.image_backbone import Backbone
from vecstore.pretext.image_encoder import to_floats
from vecstore.pretext.image_views import Views
from vecstore.pretext.unit_vectors import cosines, unit


class SimCLR(nn.Module):
    """Two views of every image of a batch, each to be found among all others.

    Args:
        backbone: what is to be learnt.
        views: draws a view of each image.
        dim: length of the projections that are compared.
        temperature: divides their cosines.
    """

    def __init__(self, backbone: Backbone, views: Views, dim: int, temperature: float) -> None:
        super().__init__()
        self.backbone, self._views, self._temperature = backbone, views, temperature
        self.head = nn.Sequential(
            nn.Linear(backbone.dim, backbone.dim, bias=False),
            nn.BatchNorm1d(backbone.dim),
            nn.ReLU(),
            nn.Linear(backbone.dim, dim),
        )

    def forward(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        """The loss on a batch of pixels, shape (n, side, side, 3), uint8.

        A batch of a single image has no others, and a loss of zero.
        """
        views = torch.cat([self._views(pixels), self._views(pixels)])
        return {"loss": nt_xent(self.projections(views), self._temperature)}

    def projections(self, views: torch.Tensor) -> torch.Tensor:
        """Vectors of length 1, shape (n, dim), of views in [0, 1], shape (n, 3, side, side)."""
        return unit(self.head(self.backbone(views)))

    def found_again(
        self, pairs: Sequence[tuple[torch.Tensor, torch.Tensor]], device: torch.device
    ) -> dict[str, float]:
        """Loss, and how often the other view is the nearest of all, on fixed views.

        Args:
            pairs: batches of views, one and the other, each of shape (n, side, side, 3), uint8.
            device: of the model.
        """
        sides = (
            [self.projections(to_floats(one.to(device))) for one in side]
            for side in zip(*pairs, strict=True)
        )
        projected = torch.cat([part for side in sides for part in side])
        loss = nt_xent(projected, self._temperature)
        nearest = _others(projected).argmax(dim=1)
        top1 = (nearest == _partners(projected)).float().mean()
        return {"loss": float(loss), "view_top1": float(top1)}


def nt_xent(projected: torch.Tensor, temperature: float) -> torch.Tensor:
    """The normalised, temperature-scaled cross entropy of finding each view's partner.

    Args:
        projected: shape (2 n, dim), length 1; row i and row n + i are views of one image.
        temperature: divides the cosines.
    """
    return nn.functional.cross_entropy(_others(projected) / temperature, _partners(projected))


def _others(projected: torch.Tensor) -> torch.Tensor:
    """Cosines of all with all, and nobody with itself."""
    return cosines(projected, projected).fill_diagonal_(-torch.inf)


def _partners(projected: torch.Tensor) -> torch.Tensor:
    rows = torch.arange(len(projected), device=projected.device)
    return rows.roll(len(projected) // 2)
