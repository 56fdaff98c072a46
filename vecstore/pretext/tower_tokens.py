"""The texts of pairs as word pieces: a tokenizer for them, and batches of ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from vecstore.artifacts.folder import Artifact
from vecstore.pretext.wordpieces import (
    CLS,
    MASK,
    SEP,
    SPECIALS,
    TOKENIZER_FILE,
    Pieces,
    ids_of,
    pieces_of,
    read_tokenizer,
    train_tokenizer,
    write_tokenizer,
)
from vecstore.tasks import Progress, Run

SPECIAL_PIECES = 2
"""[CLS] text [SEP]"""


def pair_tokenizer(run: Run, start: Artifact | None, texts: Sequence[str]) -> Tokenizer:
    """The tokenizer of the text tower to start from, or one trained on the texts.

    Args:
        run: the training; ``vocabulary`` and ``lower_case`` are among its options. One that it
            has trained is kept in its folder, for when it is gone on from.
        start: has the text tower to start from; None for a new one.
        texts: what to learn from.
    """
    if start is not None:
        return read_tokenizer(start.file(TOKENIZER_FILE))
    kept = run.folder / TOKENIZER_FILE
    if kept.exists():  # of the interrupted run
        return read_tokenizer(kept)
    run.report(Progress("learning word pieces"))
    options = run.options
    tokenizer = train_tokenizer(texts, options["vocabulary"], options["lower_case"], fewer=True)
    write_tokenizer(tokenizer, kept)
    return tokenizer


def whole_texts(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> Pieces:
    """Texts as pieces, one row a text, each cut to what fits.

    Args:
        tokenizer: makes the pieces.
        texts: may be blank.
        longest: pieces of a text, the two special ones included.
    """
    most = longest - SPECIAL_PIECES
    return pieces_of([ids[:most] for ids in ids_of(tokenizer, texts)])


def token_rows(
    pieces: Pieces, texts: NDArray[np.int64], longest: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Some texts as a batch.

    Args:
        pieces: all texts.
        texts: shape (n,): which of them.
        longest: pieces of a text, the two special ones included.

    Returns:
        Ids, each text between [CLS] and [SEP], and the mask that is 1 where there is a piece;
        both of shape (n, length), int64.
    """
    ids, inside = pieces.rows(texts, SPECIALS.index(CLS), SPECIALS.index(SEP), longest)
    ends = inside.sum(axis=1, keepdims=True) + SPECIAL_PIECES
    mask = np.arange(ids.shape[1])[None, :] < ends
    return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))


def alike(pieces: Pieces) -> NDArray[np.int64]:
    """Shape (texts,): a number for each, the same one where the pieces are the same."""
    numbers: dict[bytes, int] = {}
    rows = (
        pieces.ids[begin:end].tobytes()
        for begin, end in zip(pieces.starts[:-1], pieces.starts[1:], strict=True)
    )
    found = (numbers.setdefault(row, len(numbers)) for row in rows)
    return np.fromiter(found, np.int64, count=len(pieces))


def hidden_pieces(ids: torch.Tensor, share: float) -> torch.Tensor:
    """Ids of pieces, of any shape, this share of them hidden by chance; the special ones stay."""
    if not share:
        return ids
    drawn = torch.rand(ids.shape, device=ids.device) < share
    return ids.masked_fill(drawn & (ids >= len(SPECIALS)), SPECIALS.index(MASK))
