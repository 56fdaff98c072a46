"""Images with their texts as a dataset, and a part of the images held out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from vecstore.pretext.image_split import held_out
from vecstore.pretext.tower_tokens import alike, token_rows, whole_texts
from vecstore.tasks import PairData

_JUDGED_AT_MOST = 5_000


class ImageTexts:
    """Pairs of an image and a text, for a trainer; an item is a pair.

    Args:
        data: the pairs.
        tokenizer: of the text tower.
        longest: pieces of a text, the two special ones included.
    """

    def __init__(self, data: PairData, tokenizer: Tokenizer, longest: int) -> None:
        self._pixels, self._longest = data.pixels, longest
        self._pieces = whole_texts(tokenizer, data.texts, longest)
        self._texts = alike(self._pieces)
        self._images = np.asarray(data.image_of, dtype=np.int64)
        self._numbers, self._least = np.arange(len(data.texts)), 1

    def part(self, numbers: Sequence[int] | NDArray[np.int64], least: int = 1) -> Self:
        """Some of the pairs.

        Args:
            numbers: which.
            least: pairs a batch; a smaller one, the last of an epoch, is filled up with the pairs
                that come next: a batch is what a pair is compared with.
        """
        part = copy(self)
        part._numbers = np.asarray(numbers, dtype=np.int64)
        part._least = min(least, len(part._numbers))
        return part

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, item: int) -> int:
        return item

    def collate(self, items: Sequence[int]) -> dict[str, torch.Tensor]:
        """A batch of n pairs.

        Returns:
            ``pixels``, shape (n, side, side, 3), uint8; ``input_ids`` and ``attention_mask``,
            shape (n, length), int64; ``images`` and ``texts``, shape (n,), int64: a number for
            each, the same one for the same image or text.
        """
        return self._batch(self._numbers[self._filled_up(items)])

    def batches(self, size: int) -> Iterator[dict[str, torch.Tensor]]:
        """All pairs in order, to judge by, none of them twice; one batch is held at a time."""
        for start in range(0, len(self), size):
            yield self._batch(self._numbers[start : start + size])

    def _batch(self, pairs: NDArray[np.int64]) -> dict[str, torch.Tensor]:
        images = self._images[pairs]
        ids, mask = token_rows(self._pieces, pairs, self._longest)
        return {
            "pixels": torch.from_numpy(self._pixels[images]),
            "input_ids": ids,
            "attention_mask": mask,
            "images": torch.from_numpy(images),
            "texts": torch.from_numpy(self._texts[pairs]),
        }

    def _filled_up(self, items: Sequence[int]) -> NDArray[np.int64]:
        given = np.asarray(items, dtype=np.int64)
        missing = self._least - len(given)
        if missing <= 0:
            return given
        following = (given[-1] + 1 + np.arange(len(self))) % len(self)
        return np.concatenate([given, following[~np.isin(following, given)][:missing]])


def split_pairs(
    data: PairData, share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the pairs to train on, ascending, and of those to judge by, in random order.

    An image is held out with all of its texts, and two images at least.

    Args:
        data: the pairs.
        share: of the images to hold out; 0 for none.
        seed: of the choice.

    Raises:
        InvalidInput: there are too few images.
    """
    _, judged = held_out(len(data.pixels), share, seed, most=_JUDGED_AT_MOST, least=2)
    is_judged = np.isin(data.image_of, judged)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(is_judged))
    return np.flatnonzero(~is_judged), order
