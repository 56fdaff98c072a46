"""Figures of a captioner on held-out pairs."""

from __future__ import annotations

import math

import torch

from vecstore.pretext.captioning_model import caption_costs
from vecstore.pretext.captioning_objective import Objective
from vecstore.pretext.tower_data import ImageTexts
from vecstore.pretext.tower_judge import Judged

Batch = dict[str, torch.Tensor]

_MOST_NATS = 700.0  # beyond, a float holds no perplexity


def judge_captions(model: Objective, pairs: ImageTexts, at_once: int) -> dict[str, float]:
    """Losses of some pairs, and how well texts and images find each other among all.

    Args:
        model: in evaluation mode.
        pairs: to judge by.
        at_once: pairs a batch; a caption's wrong image is another one of its batch.

    Returns:
        ``loss``; ``caption_nats``, the cost of a piece, and ``caption_perplexity``;
        ``wrong_image_nats``, the cost with another image, where there is another; and
        those of :func:`vecstore.pretext.tower_judge.retrieval`.
    """
    device = next(model.parameters()).device
    found, right, wrong = Judged(), _Mean(), _Mean()
    for batch in pairs.batches(at_once):
        given = {name: tensor.to(device) for name, tensor in batch.items()}
        out = model(**given)
        found.add(given, out)
        right.add(out["costs"], given["attention_mask"])
        rows, others = other_rows(given["images"])
        if len(rows):
            wrong.add(*_costs_with(model, given, rows, out["seen"][others]))
    figures = {"caption_nats": right.value, "caption_perplexity": _perplexity(right.value)}
    if wrong.count:
        figures["wrong_image_nats"] = wrong.value
    return found.figures() | figures


class _Mean:
    """The mean cost of a piece."""

    def __init__(self) -> None:
        self.count, self._sum = 0, 0.0

    def add(self, costs: torch.Tensor, attention_mask: torch.Tensor) -> None:
        """Costs (n, length - 1) of texts whose mask is (n, length)."""
        self.count += int(attention_mask[:, 1:].sum())
        self._sum += float(costs.sum())

    @property
    def value(self) -> float:
        return self._sum / self.count


def _costs_with(
    model: Objective, batch: Batch, rows: torch.Tensor, seen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the captions in some rows of a batch cost with given images, and their mask."""
    ids, mask = batch["input_ids"][rows], batch["attention_mask"][rows]
    captioner = model.captioner
    hidden, _ = captioner.reading(ids, mask)
    written = captioner.writing(hidden, mask, seen)
    return caption_costs(captioner.writing.head, written, ids, mask), mask


def other_rows(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows that another image can be found for, and for each the next row that has one.

    Args:
        images: shape (n,): a number for each row's image.
    """
    rows = torch.arange(len(images), device=images.device)
    following = (rows[:, None] + rows[None, :]) % len(images)
    differs = images[following] != images[:, None]
    found = differs.any(dim=1)
    first = differs.int().argmax(dim=1)
    return rows[found], following[rows, first][found]


def _perplexity(nats: float) -> float:
    return math.exp(min(nats, _MOST_NATS))
