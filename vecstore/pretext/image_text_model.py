"""What is trained: two towers, a temperature, and how what they see is varied."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from vecstore.pretext.image_encoder import to_floats
from vecstore.pretext.tower_data import ImageTexts
from vecstore.pretext.tower_judge import Judged
from vecstore.pretext.tower_losses import Temperature, contrastive_loss, no_negatives
from vecstore.pretext.tower_model import TwoTowers
from vecstore.pretext.tower_tokens import hidden_pieces


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
            input_ids = hidden_pieces(input_ids, self._word_masking)
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


def judge_pairs(model: nn.Module, pairs: ImageTexts, at_once: int) -> dict[str, float]:
    """The mean loss over some pairs, so many at once, and how well they find each other."""
    device = next(model.parameters()).device
    found = Judged()
    for batch in pairs.batches(at_once):
        given = {name: tensor.to(device) for name, tensor in batch.items()}
        found.add(given, model(**given))
    return found.figures()
