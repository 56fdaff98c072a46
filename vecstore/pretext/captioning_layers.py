"""Parts of a captioning model: attention poolers, and stacks of transformers' GPT-2 blocks."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import GPT2Config
from transformers.models.gpt2.modeling_gpt2 import GPT2Block

from vecstore.specs import Options


class AttentionPooler(nn.Module):
    """A learnt question or several, each answered with a mean over what it attends to.

    Args:
        queries: how many questions.
        source: length of the vectors that are looked at.
        width: length of the answers.
        heads: of the attention.
    """

    def __init__(self, queries: int, source: int, width: int, heads: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(queries, width))
        self.norm = nn.LayerNorm(source)
        self.attention = nn.MultiheadAttention(
            width, heads, kdim=source, vdim=source, batch_first=True
        )
        self.out_norm = nn.LayerNorm(width)

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """Places of shape (n, places, source) to answers of shape (n, queries, width)."""
        seen = self.norm(places)
        asked = self.queries.to(seen.dtype).expand(len(places), -1, -1)
        answers: torch.Tensor = self.attention(asked, seen, seen, need_weights=False)[0]
        normed: torch.Tensor = self.out_norm(answers)
        return normed


class Blocks(nn.Module):
    """GPT-2 blocks, one after the other.

    Args:
        architecture: see :func:`block_config`.
        layers: how many.
        crossing: whether each also attends to what an image shows.
        dropout: share of the activations that are dropped in training.
    """

    def __init__(
        self, architecture: Options, layers: int, *, crossing: bool, dropout: float = 0.0
    ) -> None:
        super().__init__()
        config = block_config(architecture, crossing, dropout)
        self.blocks = nn.ModuleList(_block(config, n) for n in range(layers))
        self.norm = nn.LayerNorm(architecture["width"])
        for name, weight in self.blocks.named_parameters():
            if weight.dim() > 1:  # GPT-2's own 0.02 is for wide models
                shrunk = (2 * layers) ** -0.5 if "c_proj" in name else 1.0
                nn.init.normal_(weight, std=shrunk * weight.shape[0] ** -0.5)

    def forward(
        self, hidden: torch.Tensor, mask: torch.Tensor, seen: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Hidden states of shape (n, length, width) after the last block, not yet normalised.

        Args:
            hidden: before the first block.
            mask: see :func:`causal_mask`.
            seen: shape (n, queries, width); of an image, for crossing blocks.
        """
        if seen is not None:
            seen = seen.contiguous()  # GPT-2's blocks want views of it
        for block in self.blocks:
            hidden = block(hidden, attention_mask=mask, encoder_hidden_states=seen)
        return hidden


def _block(config: GPT2Config, number: int) -> nn.Module:
    make: Any = GPT2Block  # it carries no types
    block: nn.Module = make(config, layer_idx=number)
    return block


def block_config(architecture: Options, crossing: bool, dropout: float) -> GPT2Config:
    """The configuration of a block.

    Args:
        architecture: with ``width`` and ``heads``.
        crossing: whether it also attends to an image.
        dropout: share of the activations that are dropped in training.
    """
    config = GPT2Config(
        n_embd=architecture["width"],
        n_head=architecture["heads"],
        attn_pdrop=dropout,
        resid_pdrop=dropout,
        add_cross_attention=crossing,
    )
    config._attn_implementation = "eager"  # quicker than the others on short texts
    return config


def causal_mask(attention_mask: torch.Tensor) -> torch.Tensor:
    """What is added to the scores of causal attention; shape (n, 1, length, length), float32.

    Args:
        attention_mask: shape (n, length): 1 where a text has a piece. Nothing attends to other
            places, nor to what comes later. The first place of every row has a piece.
    """
    length = attention_mask.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool, device=attention_mask.device).tril()
    allowed = earlier & attention_mask.bool()[:, None, None, :]
    lowest = torch.finfo(torch.float32).min
    return torch.zeros(allowed.shape, device=allowed.device).masked_fill(~allowed, lowest)
