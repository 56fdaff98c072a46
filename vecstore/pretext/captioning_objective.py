"""What is minimised: the contrastive loss of texts and images, and the cost of the captions."""

from __future__ import annotations

import torch
from torch import nn

from vecstore.pretext.captioning_model import Captioner, caption_costs
from vecstore.pretext.image_encoder import to_floats
from vecstore.pretext.image_views import Views
from vecstore.pretext.tower_losses import Temperature, contrastive_loss, no_negatives
from vecstore.pretext.tower_tokens import hidden_pieces
from vecstore.pretext.unit_vectors import unit
from vecstore.specs import Options


class Objective(nn.Module):
    """A captioner in training, with what is dropped afterwards: the temperature.

    Args:
        captioner: to train.
        options: of the task, once checked.
    """

    def __init__(self, captioner: Captioner, options: Options) -> None:
        super().__init__()
        self.captioner, self.temperature = captioner, Temperature()
        self._views, self._side = Views(options), options["image_size"]
        self._word_masking = options["word_masking"]
        self._apart, self._written = options["contrastive_weight"], options["caption_weight"]

    def forward(
        self,
        pixels: torch.Tensor,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        images: torch.Tensor,
        texts: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Tell the pairs of a batch apart, and write the captions.

        Args:
            pixels: shape (n, any, any, 3), uint8.
            input_ids, attention_mask: shape (n, length), int64.
            images, texts: shape (n,), int64: a number for each, the same one for the same.

        Returns:
            ``loss``; in evaluation also ``costs``, shape (n, length - 1), of pieces in nats;
            ``image_vectors`` and ``text_vectors``, shape (n, dim), at length 1; and ``seen``,
            shape (n, queries, width), what the writer attends to.
        """
        shown = self._views(pixels) if self.training else to_floats(pixels, self._side)
        # What is hidden is to be written all the same.
        read = hidden_pieces(input_ids, self._word_masking) if self.training else input_ids
        seen, of_images = self.captioner.see(shown)
        hidden, of_texts = self.captioner.reading(read, attention_mask)
        written = self.captioner.writing(hidden, attention_mask, seen)
        costs = caption_costs(self.captioner.writing.head, written, input_ids, attention_mask)
        of_images, of_texts = unit(of_images), unit(of_texts)
        apart = contrastive_loss(
            of_images, of_texts, self.temperature(), no_negatives(images, texts)
        )
        caption = costs.sum() / attention_mask[:, 1:].sum()
        loss = self._apart * apart + self._written * caption
        if self.training:
            return {"loss": loss}
        vectors = {"image_vectors": of_images, "text_vectors": of_texts}
        return {"loss": loss, "costs": costs, "seen": seen, **vectors}
