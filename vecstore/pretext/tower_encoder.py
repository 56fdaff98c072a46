"""Texts and images to vectors of one space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol

import numpy as np
import torch
from tokenizers import Tokenizer

from vecstore.errors import InvalidInput
from vecstore.inputs import Frame
from vecstore.pretext import bert, image_backbone
from vecstore.pretext.image_encoder import image_vectors
from vecstore.pretext.torch_parts import redrawn, runtime
from vecstore.pretext.tower_tokens import token_rows, whole_texts
from vecstore.pretext.twins import twin_identity
from vecstore.pretext.unit_vectors import unit
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder

LIBRARIES = tuple(dict.fromkeys((*bert.LIBRARIES, *image_backbone.LIBRARIES)))


class Towers(Protocol):
    """A model, in evaluation mode, that has vectors for texts and for images.

    Attributes:
        dim: their length.
    """

    dim: int

    def of_images(self, pixels: torch.Tensor) -> torch.Tensor:
        """Vectors (n, dim) of pixels (n, 3, side, side) in [0, 1]."""
        ...

    def of_texts(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Vectors (n, dim) of pieces (n, length)."""
        ...

    def fresh(self) -> Any:
        """Others of this architecture, which have learnt nothing."""
        ...

    def parameters(self) -> Any:
        """Of the torch module that it is."""
        ...


class TwoTowerEncoder(Encoder):
    """Both towers, at length 1. Texts are cut to ``longest``. May be used from several threads.

    Args:
        model: the towers.
        tokenizer: makes pieces.
        longest: pieces of a text, the special ones included.
        frame: how images become squares.
        identity: what decides the numbers.
        batch_size: inputs that the model reads at a time.
    """

    modalities = frozenset({Modality.TEXT, Modality.IMAGE})
    normalized = True

    def __init__(
        self,
        model: Towers,
        tokenizer: Tokenizer,
        longest: int,
        frame: Frame,
        identity: Identity,
        batch_size: int,
    ) -> None:
        self._model, self._tokenizer, self._longest = model, tokenizer, longest
        self._frame, self._batch_size = frame, batch_size
        self._device = next(model.parameters()).device
        self._identity = identity
        self.dim = model.dim
        tokenizer.no_padding()
        tokenizer.no_truncation()

    def identity(self) -> Identity:
        return self._identity

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002 - one way
        vectors = np.empty((len(inputs), self.dim), dtype=np.float32)
        images = [n for n, one in enumerate(inputs) if one.modality is Modality.IMAGE]
        texts = [n for n, one in enumerate(inputs) if one.modality is Modality.TEXT]
        if images:
            vectors[images] = self._images(inputs, images)
        if texts:
            vectors[texts] = self._texts([str(inputs[n].data) for n in texts])
        return vectors

    def _images(self, inputs: Sequence[Input], numbers: Sequence[int]) -> FloatArray:
        chosen = [inputs[n] for n in numbers]
        try:
            return image_vectors(
                self._model.of_images,
                self.dim,
                chosen,
                self._frame,
                self._batch_size,
                self._device,
            )
        except InvalidInput as error:
            number = numbers[int(error.details["input"])]
            raise InvalidInput(error.message, field="image", input=number) from error

    @torch.inference_mode()
    def _texts(self, texts: Sequence[str]) -> FloatArray:
        """Those of about equal length together, the longest first."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        pieces = whole_texts(self._tokenizer, texts, self._longest)
        order = np.argsort(-pieces.lengths(), kind="stable")
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            rows = [part.to(self._device) for part in token_rows(pieces, batch, self._longest)]
            vectors[batch] = unit(self._model.of_texts(*rows)).cpu().numpy()
        return vectors

    def runtime(self) -> Mapping[str, str]:
        return {**runtime(*LIBRARIES), "device": str(self._device)}

    def random_twin(self, seed: int) -> Encoder:
        return TwoTowerEncoder(
            redrawn(self._model.fresh, self._device, seed),
            deepcopy(self._tokenizer),
            self._longest,
            self._frame,
            twin_identity(self._identity, seed),
            self._batch_size,
        )
