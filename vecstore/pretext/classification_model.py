"""A backbone with the linear head that names classes; and how held-out images judge them."""

from __future__ import annotations

import torch
from torch import nn

from vecstore.pretext.image_backbone import Backbone
from vecstore.pretext.image_encoder import to_floats
from vecstore.pretext.image_training import Squares
from vecstore.pretext.image_views import Views

_JUDGED_AT_ONCE = 128


class Classifier(nn.Module):
    """Classes of images; varied in training, as they are in evaluation.

    Args:
        backbone: what is to be learnt.
        views: draws a view of each image.
        classes: how many there are.
        side: of the square that the backbone sees.
        smoothing: share of a label that is spread over all classes, in training.
    """

    def __init__(
        self, backbone: Backbone, views: Views, classes: int, side: int, smoothing: float
    ) -> None:
        super().__init__()
        self.backbone, self._views = backbone, views
        self._side, self._smoothing = side, smoothing
        self.head = nn.Linear(backbone.dim, classes)

    def forward(self, pixels: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Guess the classes of a batch.

        Args:
            pixels: shape (n, side, side, 3), uint8.
            labels: shape (n,), int64.

        Returns:
            ``loss``: the mean cross entropy; ``hits``: how many are right, in evaluation only.
        """
        if self.training:
            if len(pixels) == 1:  # batch normalisation learns nothing from a single place
                pixels, labels = pixels.expand(2, -1, -1, -1), labels.expand(2)
            scores = self._scores(self._views(pixels))
            smoothing = self._smoothing
            return {"loss": nn.functional.cross_entropy(scores, labels, label_smoothing=smoothing)}
        scores = self._scores(to_floats(pixels, self._side))
        return {
            "loss": nn.functional.cross_entropy(scores, labels),
            "hits": (scores.argmax(dim=1) == labels).sum(),
        }

    def _scores(self, images: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(self.backbone(images)).float()
        return scores


def judge_classes(model: Classifier, squares: Squares) -> dict[str, float]:
    """Mean loss on some images with labels, and the share whose class is guessed right."""
    device = next(model.parameters()).device
    loss = hits = 0.0
    for batch in squares.batches(_JUDGED_AT_ONCE):
        out = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        loss += float(out["loss"]) * len(batch["labels"])
        hits += float(out["hits"])
    return {"loss": loss / len(squares), "accuracy": hits / len(squares)}
