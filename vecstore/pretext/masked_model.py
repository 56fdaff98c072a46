"""BERT with its masked-language head, which looks at the hidden pieces only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from transformers import BertConfig, BertForMaskedLM, BertModel

from vecstore.pretext.masking import IGNORED

_ROUNDED_TO = 128


class MaskedLanguageModel(nn.Module):
    """transformers' BertForMaskedLM. Most of its work would be guesses that nobody asks for.

    Args:
        config: of the BERT.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.inner = BertForMaskedLM(config)

    @property
    def backbone(self) -> BertModel:
        """What is left when the head is dropped."""
        bert: BertModel = self.inner.bert
        return bert

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Guess the hidden pieces of a batch.

        Args:
            input_ids, attention_mask, labels: shape (n, length), int64; a label is the piece's id
                where it is hidden, IGNORED elsewhere.

        Returns:
            ``loss``: the mean cross entropy of the guesses; ``hits``: how many are right, in
            evaluation only.
        """
        hidden = self.inner.bert(input_ids=input_ids, attention_mask=attention_mask)
        return guesses(self.inner.cls, hidden.last_hidden_state, labels)


def guesses(head: nn.Module, hidden: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Loss and hits of a masked-language head, at the labelled places of (n, length, dim)."""
    places = (labels.flatten() != IGNORED).nonzero().squeeze(1)
    # Kernels keep something for every new shape, so there are to be few.
    spare = -len(places) % _ROUNDED_TO
    scores = head(hidden.flatten(0, 1)[nn.functional.pad(places, (0, spare))]).float()
    wanted = nn.functional.pad(labels.flatten()[places], (0, spare), value=IGNORED)
    out = {"loss": nn.functional.cross_entropy(scores, wanted, ignore_index=IGNORED)}
    if not head.training:
        out["hits"] = (scores.argmax(dim=1) == wanted).sum()
    return out


def judge_masked(model: nn.Module, batches: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Mean loss over all hidden pieces of some batches, and the share guessed right."""
    device = next(model.parameters()).device
    loss = hits = asked = 0.0
    for batch in batches:
        out = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        count = int((batch["labels"] != IGNORED).sum())
        loss += float(out["loss"]) * count
        hits += float(out["hits"])
        asked += count
    return {"loss": loss / asked, "masked_top1": hits / asked}
