"""The text tower: a transformer over word pieces, without a head."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import BertConfig, BertModel

from vecstore.pretext.bert import mean_over, new_config, shape_of
from vecstore.specs import Options


class TextTower(nn.Module):
    """Texts to features: the mean over the pieces of a BERT's last layer, the special ones too.

    Args:
        config: of the BERT.

    Attributes:
        dim: length of the features.
        longest: pieces of a text that it takes, the special ones included.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.inner = BertModel(config, add_pooling_layer=False)
        self.dim = int(config.hidden_size)
        self.longest = int(config.max_position_embeddings)

    def fresh(self) -> TextTower:
        """Another one of this shape, which has learnt nothing."""
        return TextTower(config_of(self.shape))

    @property
    def shape(self) -> dict[str, Any]:
        """What of its configuration decides numbers; JSON values."""
        return shape_of(self.inner.config)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """One vector a text, shape (n, dim); the mask (n, length) is 1 where there is a piece."""
        return mean_over(self.hidden(input_ids, attention_mask), attention_mask)

    def hidden(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """The last layer, shape (n, length, dim)."""
        seen = self.inner(input_ids=input_ids, attention_mask=attention_mask)
        hidden: torch.Tensor = seen.last_hidden_state
        return hidden


def text_config(options: Options, vocabulary: int) -> BertConfig:
    """The configuration that a task's options, once checked, ask for.

    Args:
        options: with those of :data:`vecstore.pretext.tower_options.TEXT_OPTIONS`.
        vocabulary: pieces that the tokenizer knows.
    """
    return new_config(
        {
            "vocabulary": vocabulary,
            "hidden_size": options["text_width"],
            "layers": options["text_layers"],
            "heads": options["text_heads"],
            "max_length": options["max_length"],
            "dropout": options["text_dropout"],
        }
    )


def config_of(shape: Options, dropout: float = 0.0) -> BertConfig:
    """The configuration of a shape that :attr:`TextTower.shape` gave."""
    config = BertConfig(**shape, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
    config._attn_implementation = "eager"  # quicker than the others on short texts
    return config
