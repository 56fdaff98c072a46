"""Captions of images, by models that generate text: CoCa, Yu et al. 2022 (arXiv:2205.01917)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from vecstore.records import Input
from vecstore_open_clip.encoder import OpenClipEncoder

_LONGEST = 30


class CaptioningEncoder(OpenClipEncoder):
    """A model that also says what an image shows; see :class:`vecstore.specs.Describer`.

    It says the likeliest token, one after the other, so that an image always has the same caption.
    The library's own ``generate`` needs parts of transformers that version 5 no longer has.
    """

    def describe(self, images: Sequence[Input]) -> Sequence[str]:
        """Captions of at most 30 tokens, in the order of the images.

        Raises:
            InvalidInput: an image that cannot be decoded; ``details["input"]`` is its number.
        """
        captions = []
        for batch in self._preprocessed(images):
            with self._lock, torch.inference_mode():
                ids = self._generate(self._on_device(batch))
            captions += [self._caption(row) for row in ids.tolist()]
        return captions

    def _generate(self, images: torch.Tensor) -> torch.Tensor:
        """Ids of shape (n, at most 30), the start token first; what follows an end is no matter."""
        seen = self._model(images)
        start, end = self._tokenizer.start, self._tokenizer.end
        ids = torch.full((len(images), 1), start or 0, device=self._device)
        ended = torch.zeros(len(images), dtype=torch.bool, device=self._device)
        while ids.shape[1] < min(_LONGEST, self._tokenizer.length) and not ended.all():
            logits = self._model(
                images,
                ids,
                image_latent=seen["image_features"],
                image_embs=seen["image_embs"],
                output_labels=False,
            )["logits"]
            # An architecture may have more tokens than its tokenizer; they mean nothing.
            following = logits[:, -1, : self._tokenizer.size].argmax(dim=-1, keepdim=True)
            ids = torch.cat([ids, following], dim=1)
            if end is not None:
                ended |= following[:, 0] == end
        return ids

    def _caption(self, ids: list[int]) -> str:
        said = ids[1:]
        end = self._tokenizer.end
        return self._tokenizer.text(said[: said.index(end)] if end in said else said)
