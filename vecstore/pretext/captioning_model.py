"""CoCa's model: an image side, a text side that sees no image, and a writer that sees both.

Texts are rows of piece ids: a beginning, pieces, an end, and then padding.
"""

from __future__ import annotations

import torch
from torch import nn

from vecstore.pretext.captioning_layers import AttentionPooler, Blocks, causal_mask
from vecstore.pretext.image_backbone import Backbone
from vecstore.specs import Options

_ROUNDED_TO = 128
# At first, what all texts have in common is not to drown what tells them apart.
_STILL = 0.25


class Looking(nn.Module):
    """Attention poolers on an image's places: for the writer, and for the image's vector.

    Beside CoCa's pooler, the mean over the places goes straight into the vector, and at first is
    all there is: without it a small backbone is slower to learn to tell images apart.

    Args:
        architecture: see :func:`vecstore.pretext.captioning_options.new_architecture`.
        source: length of the backbone's features.
    """

    def __init__(self, architecture: Options, source: int) -> None:
        super().__init__()
        width, heads = architecture["width"], architecture["heads"]
        self._cascade = architecture["poolers"] == "cascade"
        self.for_writer = AttentionPooler(architecture["queries"], source, width, heads)
        self.for_vector = AttentionPooler(1, width if self._cascade else source, width, heads)
        self.projection = nn.Linear(width, architecture["dim"], bias=False)
        nn.init.zeros_(self.projection.weight)
        self.mean_projection = nn.Linear(source, architecture["dim"], bias=False)

    def forward(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Places of shape (n, places, source) to what a writer and a search need.

        Returns:
            What the writer attends to, shape (n, queries, width), and vectors of shape (n, dim),
            of no certain length.
        """
        seen = self.for_writer(places)
        pooled = self.for_vector(seen if self._cascade else places)
        return seen, self.projection(pooled[:, 0]) + self.mean_projection(places.mean(dim=1))


class Reading(nn.Module):
    """The lower half of the decoder: causal, and without any image.

    A learnt token stands behind every text. It sees the whole text, and no piece sees it; what
    becomes of it is the text's vector.

    Args:
        architecture: see :func:`vecstore.pretext.captioning_options.new_architecture`.
        dropout: share of the activations that are dropped in training.
    """

    def __init__(self, architecture: Options, dropout: float = 0.0) -> None:
        super().__init__()
        width = architecture["width"]
        self.pieces = nn.Embedding(architecture["vocabulary"], width)
        self.positions = nn.Embedding(architecture["max_length"], width)
        self.summary = nn.Parameter(_STILL * torch.randn(width) * width**-0.5)
        nn.init.normal_(self.pieces.weight, std=width**-0.5)
        nn.init.normal_(self.positions.weight, std=_STILL * width**-0.5)
        self.blocks = Blocks(architecture, architecture["layers"], crossing=False, dropout=dropout)
        self.projection = nn.Linear(width, architecture["dim"], bias=False)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Texts to what the writer goes on from, and to vectors.

        Args:
            input_ids, attention_mask: shape (n, length), int64; the mask is 1 where a piece is.

        Returns:
            Hidden states of shape (n, length, width), and vectors of shape (n, dim), of no
            certain length.
        """
        count, length = input_ids.shape
        places = torch.arange(length, device=input_ids.device)
        pieces = self.pieces(input_ids) + self.positions(places)
        hidden = torch.cat([pieces, self.summary.expand(count, 1, -1)], dim=1)
        hidden = self.blocks(
            hidden, causal_mask(nn.functional.pad(attention_mask, (0, 1), value=1))
        )
        return hidden[:, :-1], self.projection(self.blocks.norm(hidden[:, -1]))


class Writing(nn.Module):
    """The upper half of the decoder: causal, and attending to an image.

    Args:
        architecture: see :func:`vecstore.pretext.captioning_options.new_architecture`.
        dropout: share of the activations that are dropped in training.
    """

    def __init__(self, architecture: Options, dropout: float = 0.0) -> None:
        super().__init__()
        layers = architecture["writer_layers"]
        self.blocks = Blocks(architecture, layers, crossing=True, dropout=dropout)
        self.head = nn.Linear(architecture["width"], architecture["vocabulary"])

    def forward(
        self, hidden: torch.Tensor, attention_mask: torch.Tensor, seen: torch.Tensor
    ) -> torch.Tensor:
        """Texts with an image to what the head makes scores of; shape (n, length, width).

        Args:
            hidden: of the lower half, shape (n, length, width).
            attention_mask: shape (n, length), int64: 1 where a text has a piece.
            seen: shape (n, queries, width), of the image of each text.
        """
        hidden = self.blocks(hidden, causal_mask(attention_mask), seen)
        written: torch.Tensor = self.blocks.norm(hidden)
        return written


class Captioner(nn.Module):
    """All that is kept of a training; the towers of an encoder, too.

    Args:
        backbone: sees images.
        architecture: see :func:`vecstore.pretext.captioning_options.new_architecture`.
        dropout: share of the decoder's activations that are dropped in training.

    Attributes:
        dim: length of the vectors.
    """

    def __init__(self, backbone: Backbone, architecture: Options, dropout: float = 0.0) -> None:
        super().__init__()
        self.architecture = dict(architecture)
        self.dim = int(architecture["dim"])
        self.backbone = backbone
        self.looking = Looking(architecture, backbone.dim)
        self.reading = Reading(architecture, dropout)
        self.writing = Writing(architecture, dropout)

    def fresh(self) -> Captioner:
        """Another one of this architecture, which has learnt nothing."""
        return Captioner(self.backbone.fresh(), self.architecture)

    def see(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pixels of shape (n, 3, side, side), in [0, 1], as :class:`Looking` gives them."""
        seen: tuple[torch.Tensor, torch.Tensor] = self.looking(self.backbone.places(pixels))
        return seen

    def of_images(self, pixels: torch.Tensor) -> torch.Tensor:
        """Vectors (n, dim), of no certain length, of pixels (n, 3, side, side) in [0, 1]."""
        return self.see(pixels)[1]

    def of_texts(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Vectors (n, dim), of no certain length, of texts (n, length)."""
        vectors: torch.Tensor = self.reading(input_ids, attention_mask)[1]
        return vectors

    def scores(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, seen: torch.Tensor
    ) -> torch.Tensor:
        """Scores of every piece to come next, shape (n, length, vocabulary).

        Args:
            input_ids, attention_mask: shape (n, length), int64, of texts.
            seen: shape (n, queries, width), of the image of each text.
        """
        hidden, _ = self.reading(input_ids, attention_mask)
        scores: torch.Tensor = self.writing.head(self.writing(hidden, attention_mask, seen))
        return scores


def caption_costs(
    head: nn.Module, written: torch.Tensor, input_ids: torch.Tensor, attention_mask: torch.Tensor
) -> torch.Tensor:
    """Nats that each piece costs, its end included; shape (n, length - 1), float32, 0 for padding.

    Args:
        head: of the upper half.
        written: shape (n, length, width), what the upper half has made of texts.
        input_ids, attention_mask: shape (n, length), int64: the same texts.
    """
    asked = attention_mask[:, 1:].flatten().nonzero().squeeze(1)
    # Kernels keep something for every new shape, so there are to be few.
    places = nn.functional.pad(asked, (0, -len(asked) % _ROUNDED_TO))
    scores = head(written[:, :-1].flatten(0, 1)[places]).float()
    wanted = input_ids[:, 1:].flatten()[places]
    costs = nn.functional.cross_entropy(scores, wanted, reduction="none")
    full = torch.zeros(attention_mask[:, 1:].numel(), device=costs.device)
    full = full.index_copy(0, asked, costs[: len(asked)])
    return full.view_as(attention_mask[:, 1:])
