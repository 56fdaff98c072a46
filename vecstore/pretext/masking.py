"""Masked tokens: some pieces of a text are hidden, and a model guesses them from the others.

J. Devlin, M. Chang, K. Lee, K. Toutanova: BERT, 2019: of the pieces chosen, 80 % are replaced by
[MASK], 10 % by a piece drawn at random, and 10 % stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from vecstore.pretext.drawing import uniforms
from vecstore.pretext.wordpieces import CLS, MASK, SEP, SPECIALS, Pieces, continuing

IGNORED = -100
"""The label of a piece that is not to be guessed."""

_MASKED, _REPLACED = 0.8, 0.9
_CHOICE, _KIND, _OTHER = range(3)
_SPECIAL = 2


@dataclass(frozen=True)
class Masker:
    """Draws what is hidden, for each text by seed, epoch and the text's number alone.

    Args:
        vocabulary: number of pieces.
        continues: shape (vocabulary,): whether a piece goes on with a word.
        share: of a text's pieces to be guessed; at least one of every text is.
        whole_words: whether words are hidden whole.
        seed: of the draws.
    """

    vocabulary: int
    continues: NDArray[np.bool_]
    share: float
    whole_words: bool
    seed: int

    def __call__(
        self,
        ids: NDArray[np.int64],
        inside: NDArray[np.bool_],
        items: NDArray[np.int64],
        epoch: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Hide pieces.

        Args:
            ids: shape (n, length).
            inside: shape (n, length): which of them may be hidden.
            items: shape (n,): the texts' numbers.
            epoch: of the training.

        Returns:
            What the model is shown, and the labels: the hidden ids, IGNORED elsewhere.
        """
        width = ids.shape[1]
        chosen = self._choose(ids, inside, uniforms(self.seed, epoch, _CHOICE, items, width))
        kind = uniforms(self.seed, epoch, _KIND, items, width)
        other = uniforms(self.seed, epoch, _OTHER, items, width)
        first = len(SPECIALS)
        drawn = first + (other * (self.vocabulary - first)).astype(np.int64)
        shown = np.where(chosen & (kind < _MASKED), SPECIALS.index(MASK), ids)
        shown = np.where(chosen & (kind >= _MASKED) & (kind < _REPLACED), drawn, shown)
        return shown, np.where(chosen, ids, IGNORED)

    def _choose(
        self, ids: NDArray[np.int64], inside: NDArray[np.bool_], draws: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        if self.whole_words:
            # Every piece of a word gets the draw of the word's first piece.
            begins = inside & ~self.continues[ids]
            begins[:, 1] |= inside[:, 1]  # a part of a long text may begin inside a word
            first = np.where(begins, np.arange(ids.shape[1])[None, :], 0)
            draws = np.take_along_axis(draws, np.maximum.accumulate(first, axis=1), axis=1)
        draws = np.where(inside, draws, 2.0)
        wanted = np.maximum(1, np.rint(self.share * inside.sum(axis=1))).astype(np.int64)
        last = np.take_along_axis(np.sort(draws, axis=1), wanted[:, None] - 1, axis=1)
        return inside & (draws <= last)


def masker(tokenizer: Tokenizer, share: float, whole_words: bool, seed: int) -> Masker:
    """A masker for the pieces of a tokenizer."""
    return Masker(tokenizer.get_vocab_size(), continuing(tokenizer), share, whole_words, seed)


class MaskedTexts:
    """Texts with hidden pieces, as a torch dataset: an item is its number, with the epoch.

    Args:
        pieces: the texts.
        masker: hides pieces.
    """

    def __init__(self, pieces: Pieces, masker: Masker) -> None:
        self._pieces, self._masker = pieces, masker
        self._epoch = 0
        self._most = int(pieces.lengths().max(initial=0)) + _SPECIAL

    def set_epoch(self, epoch: int) -> None:
        """Name the epoch of the items to come."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._pieces)

    def __getitem__(self, item: int) -> tuple[int, int]:
        return item, self._epoch

    def collate(self, items: list[tuple[int, int]]) -> dict[str, Any]:
        """A batch of items of one epoch: int64 tensors of shape (n, length)."""
        texts = np.array([item for item, _ in items], dtype=np.int64)
        cls, sep = SPECIALS.index(CLS), SPECIALS.index(SEP)
        ids, inside = self._pieces.rows(texts, cls, sep, self._most)
        shown, labels = self._masker(ids, inside, texts, items[0][1])
        lengths = inside.sum(axis=1) + _SPECIAL
        attended = np.arange(ids.shape[1])[None, :] < lengths[:, None]
        return {
            "input_ids": torch.from_numpy(shown),
            "attention_mask": torch.from_numpy(attended.astype(np.int64)),
            "labels": torch.from_numpy(labels),
        }


def tokens(batch: Any) -> int:
    """The pieces in a batch, special ones included."""
    return int(batch["attention_mask"].sum())
