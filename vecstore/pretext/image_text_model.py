"""What is trained: two towers, a temperature, and how what they see is varied."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from vecstore.pretext.image_encoder import to_floats
from vecstore.pretext.tower_judge import mean_losses, retrieval
from vecstore.pretext.tower_losses import Temperature, contrastive_loss, no_negatives
from vecstore.pretext.tower_model import TwoTowers
from vecstore.pretext.wordpieces import MASK, SPECIALS


class ImageTextModel(nn.Module):
    """Two towers that learn to tell which text goes with which image.

    Args:
        towers: what is kept.
        views: (pixels of shape (n, any, any, 3), uint8) -> what the model sees in training, shape
            (n, 3, side, side) in [0, 1].
        side: of the images in evaluation, in pixels.
        smoothing: of the labels in training; 0 for CLIP, more for ALIGN.
        word_masking: share of the word pieces that are hidden in training.
    """

    def __init__(
        self,
        towers: TwoTowers,
        views: Callable[[torch.Tensor], torch.Tensor],
        side: int,
        smoothing: float,
        word_masking: float,
    ) -> None:
        super().__init__()
        self.towers, self.temperature = towers, Temperature()
        self._views, self._side = views, side
        self._smoothing, self._word_masking = smoothing, word_masking

    def forward(
        self,
        pixels: torch.Tensor,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        images: torch.Tensor,
        texts: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Compare every image of a batch with every text.

        Args:
            pixels: shape (n, any, any, 3), uint8.
            input_ids, attention_mask: shape (n, length), int64.
            images, texts: shape (n,), int64: a number for each, the same one for the same.

        Returns:
            ``loss``; in evaluation also ``image_vectors`` and ``text_vectors``, shape (n, dim).
        """
        if self.training:
            seen = self._views(pixels)
            input_ids = self._hidden(input_ids)
        else:
            seen = to_floats(pixels, self._side)
        of_images = self.towers.of_images(seen)
        of_texts = self.towers.of_texts(input_ids, attention_mask)
        smoothing = self._smoothing if self.training else 0.0
        passed_over = no_negatives(images, texts)
        loss = contrastive_loss(of_images, of_texts, self.temperature(), passed_over, smoothing)
        if self.training:
            return {"loss": loss}
        return {"loss": loss, "image_vectors": of_images, "text_vectors": of_texts}

    def _hidden(self, ids: torch.Tensor) -> torch.Tensor:
        """The pieces with some of them hidden; the special ones stay."""
        if not self._word_masking:
            return ids
        drawn = torch.rand(ids.shape, device=ids.device) < self._word_masking
        return ids.masked_fill(drawn & (ids >= len(SPECIALS)), SPECIALS.index(MASK))


def judge_pairs(model: nn.Module, batches: Sequence[dict[str, torch.Tensor]]) -> dict[str, float]:
    """The mean loss over some batches of pairs, and how well they find each other among all."""
    device = next(model.parameters()).device
    losses, sizes, vectors = [], [], []
    for batch in batches:
        out = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        losses.append({"loss": float(out["loss"])})
        sizes.append(len(batch["images"]))
        vectors.append((out["image_vectors"].cpu(), out["text_vectors"].cpu()))
    of_images, of_texts = (torch.cat(part) for part in zip(*vectors, strict=True))
    images, texts = (torch.cat([batch[name] for batch in batches]) for name in ("images", "texts"))
    return mean_losses(losses, sizes) | retrieval(of_images, of_texts, images, texts)
