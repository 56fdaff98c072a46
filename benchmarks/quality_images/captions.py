"""What captions cost in nats, by a trained captioner and by counting pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.artifacts.folder import Artifact

_BATCH = 128
# Shares of the pair's count, the single piece's and a uniform guess in a bigram's probability; the
# first is as large as serves names that were counted.
_SHARES = (0.98, 0.019, 0.001)

Nats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of some captions; the end of each counts as a piece.

    Args:
        nats: of each caption, over all of its pieces; shape (n,).
        pieces: of each; shape (n,).
    """

    nats: Nats
    pieces: NDArray[np.int64]

    @property
    def each(self) -> Nats:
        """Shares in the mean: what each caption costs beside the mean number of pieces."""
        each: Nats = self.nats / self.pieces.mean()
        return each

    @property
    def mean(self) -> float:
        """Nats of a piece."""
        return float(self.nats.sum() / self.pieces.sum())


class Captions:
    """A trained captioner, and the pieces that it reads.

    Args:
        artifact: of the task captioning.
    """

    def __init__(self, artifact: Artifact) -> None:
        from vecstore.inputs import Frame
        from vecstore.pretext.captioning_files import read_captioner
        from vecstore.pretext.wordpieces import TOKENIZER_FILE, read_tokenizer

        settings = artifact.manifest.encoder
        self._model: Any = read_captioner(artifact)
        self._tokenizer = read_tokenizer(artifact.file(TOKENIZER_FILE))
        self._frame = Frame(settings["image_size"], settings["framing"])
        self._longest: int = settings["decoder"]["max_length"]

    def costs(self, captions: Sequence[str], images: Sequence[bytes]) -> Costs:
        """What captions cost, each with the image in its place."""
        parts = [
            self._costs(captions[at : at + _BATCH], images[at : at + _BATCH])
            for at in range(0, len(captions), _BATCH)
        ]
        return Costs(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def counted(self, known: Sequence[str], captions: Sequence[str]) -> dict[str, Costs]:
        """What captions cost by counts of pieces, and of pairs of them, in known captions."""
        rows = [self._ids(known), self._ids(captions)]
        size = self._tokenizer.get_vocab_size()
        return counted(rows[0], rows[1], size)

    def _ids(self, captions: Sequence[str]) -> list[list[int]]:
        """Pieces between the two special ones."""
        ids, mask = self._batch(captions)
        return [row[: int(count)].tolist() for row, count in zip(ids, mask.sum(1), strict=True)]

    def _batch(self, captions: Sequence[str]) -> tuple[Any, Any]:
        from vecstore.pretext.tower_tokens import token_rows, whole_texts

        pieces = whole_texts(self._tokenizer, captions, self._longest)
        return token_rows(pieces, np.arange(len(captions)), self._longest)

    def _costs(self, captions: Sequence[str], images: Sequence[bytes]) -> tuple[Any, Any]:
        import torch

        from vecstore.inputs import image_square
        from vecstore.pretext.captioning_model import caption_costs
        from vecstore.pretext.image_encoder import to_floats

        ids, mask = self._batch(captions)
        pixels = np.stack([image_square(image, self._frame) for image in images])
        model = self._model
        with torch.inference_mode():
            seen, _ = model.see(to_floats(torch.from_numpy(pixels)))
            hidden, _ = model.reading(ids, mask)
            written = model.writing(hidden, mask, seen)
            nats = caption_costs(model.writing.head, written, ids, mask)
        return nats.sum(dim=1).numpy().astype(np.float64), mask[:, 1:].sum(dim=1).numpy()


def counted(
    known: Sequence[Sequence[int]], asked: Sequence[Sequence[int]], size: int
) -> dict[str, Costs]:
    """Costs by counts.

    Args:
        known: rows of pieces to count, each with a beginning and an end.
        asked: rows of pieces to tell; the beginning is not told.
        size: how many pieces there are.
    """
    single: Counter[int] = Counter(piece for row in known for piece in row[1:])
    firsts: Counter[int] = Counter(piece for row in known for piece in row[:-1])
    pairs: Counter[tuple[int, int]] = Counter(pair for row in known for pair in pairwise(row))
    total = single.total()

    def alone(piece: int) -> float:
        return (single[piece] + 1) / (total + size)

    def after(first: int, piece: int) -> float:
        share = pairs[first, piece] / firsts[first] if firsts[first] else alone(piece)
        of_pair, of_single, of_any = _SHARES
        return of_pair * share + of_single * alone(piece) + of_any / size

    pieces = np.array([len(row) - 1 for row in asked])
    by_one = [-sum(np.log(alone(piece)) for piece in row[1:]) for row in asked]
    by_two = [-sum(np.log(after(*pair)) for pair in pairwise(row)) for row in asked]
    return {
        "unigram": Costs(np.array(by_one), pieces),
        "bigram": Costs(np.array(by_two), pieces),
    }
