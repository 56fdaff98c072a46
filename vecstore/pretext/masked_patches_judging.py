"""Judging masked patches: the same patches hidden every time, and what knowing less would cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch

from vecstore.pretext.image_training import Squares
from vecstore.pretext.masked_patches_model import MaskedAutoencoder

Batches = Iterable[Mapping[str, torch.Tensor]]

_AT_ONCE = 128


class Judged:
    """Images to judge by, each with the ``noise`` that decides which of its patches are hidden.

    Gone through in batches, of which one is held at a time.

    Args:
        squares: the images.
        patches: in an image.
        seed: of the noise.
    """

    def __init__(self, squares: Squares, patches: int, seed: int) -> None:
        self._squares = squares
        draw = torch.Generator().manual_seed(seed)
        self._noise = torch.rand(len(squares), patches, generator=draw)

    def __len__(self) -> int:
        return len(self._squares)

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        for number, batch in enumerate(self._squares.batches(_AT_ONCE)):
            yield {**batch, "noise": self._noise[number * _AT_ONCE :][:_AT_ONCE]}


def judge(model: Any, batches: Batches) -> dict[str, float]:
    """The mean loss over all hidden patches of some batches."""
    device = next(model.parameters()).device
    loss = count = 0.0
    for batch in batches:
        out = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        loss += float(out["loss"]) * len(batch["noise"])
        count += len(batch["noise"])
    return {"loss": loss / count}


@torch.inference_mode()
def baselines(model: MaskedAutoencoder, train: Squares, judged: Batches) -> dict[str, float]:
    """What painting without looking at the visible patches would cost.

    Args:
        model: in evaluation mode; its targets and masks are used, not its weights.
        train: images trained on.
        judged: as for :func:`judge`.

    Returns:
        ``loss_of_nothing``: every number painted as zero; ``loss_of_mean``: every patch painted as
        the mean of the training images at its place.
    """
    total = torch.zeros(())
    count = 0
    for batch in train.batches(_AT_ONCE):
        total = total + model.targets(batch["pixels"]).sum(dim=0)
        count += len(batch["pixels"])
    return {
        "loss_of_nothing": _loss_of(model, torch.zeros(()), judged),
        "loss_of_mean": _loss_of(model, total / count, judged),
    }


def _loss_of(model: MaskedAutoencoder, painted: torch.Tensor, judged: Batches) -> float:
    loss = count = 0.0
    for batch in judged:
        errors = (model.targets(batch["pixels"]) - painted).square().mean(dim=2)
        hidden = model.hidden(batch["noise"])
        loss += float(errors[hidden].sum())
        count += float(hidden.sum())
    return loss / count
