"""BERT with both of its pretraining heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from transformers import BertConfig, BertForPreTraining, BertModel

from vecstore.pretext.masked_model import guesses
from vecstore.pretext.masking import IGNORED

PAIR_HEADS = ("pooled", "cls")


class PairModel(nn.Module):
    """transformers' BertForPreTraining, with a choice of what tells a true pair from a false one.

    "cls" is the published head, on the first piece. "pooled" compares the two parts' mean vectors
    a and b by their distance in each dimension and their product: small models learn it, where
    the published one stays at chance.

    Args:
        config: of the BERT.
        pair_head: "pooled" or "cls".
    """

    def __init__(self, config: BertConfig, pair_head: str) -> None:
        super().__init__()
        self.inner = BertForPreTraining(config)
        self.compare: nn.Module | None = None
        if pair_head == "pooled":
            size = config.hidden_size
            self.compare = nn.Sequential(nn.Linear(2 * size, size), nn.GELU(), nn.Linear(size, 2))
            self.inner.bert.register_module("pooler", None)
            self.inner.cls.register_module("seq_relationship", None)

    @property
    def backbone(self) -> BertModel:
        """What is left when the heads are dropped."""
        bert: BertModel = self.inner.bert
        return bert

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor,
        labels: torch.Tensor,
        next_label: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Guess the hidden pieces of a batch of pairs, and whether the pairs are true.

        Args:
            input_ids, attention_mask, token_type_ids, labels: shape (n, length), int64.
            next_label: shape (n,): 1 for a true pair.

        Returns:
            ``loss``: the sum of both losses; in evaluation, ``masked_loss``, ``next_loss``,
            ``hits`` and ``next_hits`` too.
        """
        out = self.inner.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        )
        hidden = out.last_hidden_state
        masked = guesses(self.inner.cls.predictions, hidden, labels)
        if self.compare is None:
            scores = self.inner.cls.seq_relationship(out.pooler_output)
        else:
            scores = self.compare(_compared(hidden, attention_mask, token_type_ids))
        next_loss = nn.functional.cross_entropy(scores.float(), next_label)
        found = {"loss": masked["loss"] + next_loss}
        if not self.training:
            found |= {"masked_loss": masked["loss"], "next_loss": next_loss, "hits": masked["hits"]}
            found["next_hits"] = (scores.argmax(dim=1) == next_label).sum()
        return found


def _compared(
    hidden: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
) -> torch.Tensor:
    """What tells the two parts' means apart, shape (n, 2 * dim)."""
    second = (token_type_ids * attention_mask).to(hidden.dtype)[:, :, None]
    first = attention_mask.to(hidden.dtype)[:, :, None] - second
    a, b = ((hidden * part).sum(dim=1) / part.sum(dim=1) for part in (first, second))
    return torch.cat([(a - b).abs(), a * b], dim=1)


def judge_pairs(model: nn.Module, batches: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Mean loss, and the shares of true and false pairs, and of hidden pieces, told right."""
    device = next(model.parameters()).device
    sums = dict.fromkeys(("masked_loss", "next_loss", "hits", "next_hits"), 0.0)
    pairs = pieces = 0
    for batch in batches:
        out = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        asked, count = int((batch["labels"] != IGNORED).sum()), len(batch["next_label"])
        for name, weight in {"masked_loss": asked, "next_loss": count}.items():
            sums[name] += float(out[name]) * weight
        sums["hits"] += float(out["hits"])
        sums["next_hits"] += float(out["next_hits"])
        pairs, pieces = pairs + count, pieces + asked
    return {
        "loss": sums["masked_loss"] / pieces + sums["next_loss"] / pairs,
        "next_accuracy": sums["next_hits"] / pairs,
        "masked_top1": sums["hits"] / pieces,
    }
