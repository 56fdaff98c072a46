"""Captions of images, written piece by piece with a beam search."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from tokenizers import Tokenizer, decoders

from vecstore.pretext.captioning_model import Captioner
from vecstore.pretext.wordpieces import CLS, SEP, SPECIALS, continuing

_BEGIN, _END = SPECIALS.index(CLS), SPECIALS.index(SEP)

# Pieces do not tell where blanks were around punctuation; this is where English has none.
_TIGHT = re.compile(r"(?<=\w) ([-'’/]) (?=\w)| (?=[,.:;!?)\]])|(?<=[(\[]) ")


class Writer:
    """Writes captions; the same image has the same caption, whatever came before or beside it.

    A caption is one piece at least, of those that stand for text, and never longer than the
    model's texts. May be used from several threads.

    Args:
        model: in evaluation mode.
        tokenizer: of its pieces.
        beams: captions that are gone on with; 1 takes the likeliest piece each time.
    """

    def __init__(self, model: Captioner, tokenizer: Tokenizer, beams: int) -> None:
        self._model, self._tokenizer, self._beams = model, tokenizer, beams
        self._decoder = decoders.WordPiece(cleanup=False)
        self._longest = int(model.architecture["max_length"])
        device = next(model.parameters()).device
        never = torch.tensor([piece != SEP for piece in SPECIALS], device=device)
        more = torch.from_numpy(continuing(tokenizer)).to(device)
        self._never = torch.zeros_like(more)
        self._never[: len(SPECIALS)] = never
        self._never_first = self._never | more
        self._never_first[_END] = True

    @torch.inference_mode()
    def caption(self, pixels: torch.Tensor) -> str:
        """The caption of one image, of shape (1, 3, side, side), in [0, 1].

        One at a time: in a batch the last bit of a score may hang on the neighbours, and then a
        caption on theirs.
        """
        return self.text_of(self._search(self._model.see(pixels)[0]))

    def text_of(self, ids: Sequence[int]) -> str:
        """Pieces as a text."""
        pieces = [self._tokenizer.id_to_token(number) or "" for number in ids]
        return _TIGHT.sub(r"\1", self._decoder.decode(pieces))

    def _search(self, seen: torch.Tensor) -> list[int]:
        """The likeliest caption found, by its mean over the pieces and its end; without ends."""
        rows = torch.full((1, 1), _BEGIN, device=seen.device)
        costs = torch.zeros(1, device=seen.device)
        done: list[tuple[float, list[int]]] = []
        while rows.shape[1] < self._longest - 1 and len(done) < self._beams:
            rows, costs = self._longer(rows, costs, seen)
            ended = rows[:, -1] == _END
            done += _finished(rows[ended], costs[ended])
            rows, costs = rows[~ended], costs[~ended]
            if not len(rows):
                break
        if not done:  # there is room for the end only
            done = _finished(torch.nn.functional.pad(rows, (0, 1), value=_END), costs)
        # Nothing can be said where the vocabulary has no pieces of words.
        return min(done, key=lambda found: found[0], default=(0.0, []))[1]

    def _longer(
        self, rows: torch.Tensor, costs: torch.Tensor, seen: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The best captions, each one piece longer than some given one, and what they cost."""
        count, length = rows.shape
        mask = torch.ones_like(rows)
        scores = self._model.scores(rows, mask, seen.expand(count, -1, -1))[:, -1].float()
        scores = scores.masked_fill(self._never_first if length == 1 else self._never, -torch.inf)
        every = costs[:, None] - scores.log_softmax(dim=1)
        best = every.flatten().topk(min(self._beams, every.numel()), largest=False)
        possible = best.values.isfinite()
        chosen, kept = best.indices[possible], best.values[possible]
        before = torch.div(chosen, every.shape[1], rounding_mode="floor")
        longer = torch.cat([rows[before], (chosen % every.shape[1])[:, None]], dim=1)
        return longer, kept


def _finished(rows: torch.Tensor, costs: torch.Tensor) -> list[tuple[float, list[int]]]:
    """Captions with the mean cost of a piece, without beginning and end."""
    pieces = rows.shape[1] - 1
    return [
        (cost / pieces, row[1:-1]) for cost, row in zip(costs.tolist(), rows.tolist(), strict=True)
    ]
