"""Pairs of passages: the true next one, or one from another document."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vecstore.errors import InvalidInput
from vecstore.pretext.drawing import uniforms
from vecstore.pretext.masking import Masker
from vecstore.pretext.segments import Segments
from vecstore.pretext.wordpieces import CLS, PAD, SEP, SPECIALS, batch_width

SPECIAL_PIECES = 3
"""[CLS] first [SEP] second [SEP]"""

_TRUE, _OTHER = 10, 11
_HALF = 0.5
_LEAST_DOCUMENTS = 2


class Pairs:
    """Pairs with hidden pieces, as a torch dataset: an item is a passage that another follows.

    Whether it comes with that one, and with which one else, is drawn by seed, epoch and item.

    Args:
        segments: the passages.
        masker: hides pieces; its seed is that of the pairs.
        both: whether every item is there twice, with the true and with another second part, for
            judging; the second half of the items are then the latter.

    Raises:
        InvalidInput: there are no two documents, or no passage with a next one.
    """

    def __init__(self, segments: Segments, masker: Masker, *, both: bool = False) -> None:
        self._segments, self._masker, self._both = segments, masker, both
        self._firsts, self._lengths = segments.followed(), segments.pieces.lengths()
        self._epoch = 0
        used = len(np.unique(segments.document))
        if used < _LEAST_DOCUMENTS:
            raise InvalidInput(
                f"next-sentence needs passages of at least 2 documents, and there are {used}: a "
                "false next passage is taken from another document. Separate documents by a blank "
                "line, or name a document column"
            )
        if not len(self._firsts):
            raise InvalidInput(
                "no document has two passages, so none has a next one; give longer documents, or "
                "set segment_tokens lower"
            )

    def set_epoch(self, epoch: int) -> None:
        """Name the epoch of the items to come."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._firsts) * (2 if self._both else 1)

    def __getitem__(self, item: int) -> tuple[int, int]:
        return item, self._epoch

    def pairs(
        self, items: NDArray[np.int64], epoch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """First and second passages of some items, and whether the second is the true next."""
        seed, count = self._masker.seed, len(self._firsts)
        firsts = self._firsts[items % count]
        true = uniforms(seed, epoch, _TRUE, items, 1)[:, 0] < _HALF
        if self._both:
            true = items < count
        documents = self._segments.document[firsts]
        begin, end = self._segments.first[documents], self._segments.end[documents]
        others = len(self._segments) - (end - begin)
        drawn = (uniforms(seed, epoch, _OTHER, items, 1)[:, 0] * others).astype(np.int64)
        other = np.where(drawn < begin, drawn, drawn + (end - begin))  # passed over its document
        return firsts, np.where(true, firsts + 1, other), true

    def collate(self, items: list[tuple[int, int]]) -> dict[str, Any]:
        """A batch of items of one epoch: int64 tensors of shape (n, length), and (n,)."""
        numbers = np.array([item for item, _ in items], dtype=np.int64)
        epoch = items[0][1]
        firsts, seconds, true = self.pairs(numbers, epoch)
        ids, inside, part = self._rows(firsts, seconds)
        shown, labels = self._masker(ids, inside, numbers, epoch)
        arrays = {
            "input_ids": shown,
            "attention_mask": ids != SPECIALS.index(PAD),
            "token_type_ids": part,
            "labels": labels,
            "next_label": true,
        }
        return {name: torch.from_numpy(one.astype(np.int64)) for name, one in arrays.items()}

    def _rows(
        self, firsts: NDArray[np.int64], seconds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
        """Ids, where they are those of passages, and 1 in the second part; shape (n, length)."""
        starts, ids = self._segments.pieces.starts, self._segments.pieces.ids
        cls, sep = SPECIALS.index(CLS), SPECIALS.index(SEP)
        lengths = self._lengths
        longest = int((lengths[firsts] + lengths[seconds]).max()) + SPECIAL_PIECES
        width = batch_width(longest, 2 * int(lengths.max()) + SPECIAL_PIECES)
        rows = np.full((len(firsts), width), SPECIALS.index(PAD), dtype=np.int64)
        inside = np.zeros(rows.shape, dtype=np.bool_)
        part = np.zeros(rows.shape, dtype=np.int64)
        for row, (one, other) in enumerate(zip(firsts, seconds, strict=True)):
            head, tail = ids[starts[one] : starts[one + 1]], ids[starts[other] : starts[other + 1]]
            middle, last = len(head) + 1, len(head) + len(tail) + 2
            rows[row, : last + 1] = np.concatenate([[cls], head, [sep], tail, [sep]])
            inside[row, 1:middle] = inside[row, middle + 1 : last] = True
            part[row, middle + 1 : last + 1] = 1
        return rows, inside, part
