"""Training masked tokens: texts to pieces, pieces to a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from vecstore.errors import InvalidInput
from vecstore.pretext.bert import new_config
from vecstore.pretext.bert_options import check_options
from vecstore.pretext.bert_start import fill_from_start, tokenizer_for, trained_bert
from vecstore.pretext.masked_model import MaskedLanguageModel, judge_masked
from vecstore.pretext.masking import MaskedTexts, masker, tokens
from vecstore.pretext.torch_parts import job_settings, seeded
from vecstore.pretext.wordpieces import to_pieces
from vecstore.tasks import Run, TextData, TorchJob, Trained

_SPECIAL = 2
_JUDGED_AT_MOST = 5_000
_JUDGED_AT_ONCE = 128


def fit(data: TextData, run: Run) -> Trained:
    """See :data:`vecstore.pretext.masked_tokens.SPEC`.

    Raises:
        InvalidArgument: options of no meaning, or of another shape than the model to start from.
        InvalidInput: no text; too few texts to hold one out; fewer word pieces than asked.
    """
    options = run.options
    check_options(options)
    train_texts, held_out = split(list(data.passages()), options["validation"], run.seed)
    tokenizer = tokenizer_for(run, train_texts)
    longest = options["max_length"] - _SPECIAL
    train = to_pieces(tokenizer, train_texts, longest)
    judged = to_pieces(tokenizer, held_out, longest)
    if not len(train):
        raise InvalidInput("no text has a word piece; the data holds blank texts only")
    with seeded(run.seed):
        model = MaskedLanguageModel(new_config(options))
    fill_from_start(model.backbone, run)
    hide = masker(tokenizer, options["mask_share"], options["whole_word_masking"], run.seed)
    texts = MaskedTexts(train, hide)
    # Other draws than in training, and the same ones at every evaluation.
    fixed = MaskedTexts(judged, masker(tokenizer, 0.15, hide.whole_words, run.seed + 1))
    batches = judged_batches(fixed, judged.lengths())
    optimised = run.optimise(
        TorchJob(
            model=model,
            train=texts,
            collate=texts.collate,
            judge=partial(judge_masked, batches=batches) if batches else None,
            units=tokens,
            unit="tokens",
            lengths=train.lengths().tolist(),
            **job_settings(options),
        )
    )
    sizes = {"train_tokens": len(train.ids), "train_texts": len(train), "held_out": len(judged)}
    return trained_bert(run, model, model.backbone, tokenizer, optimised, sizes)


def split(texts: Sequence[str], share: float, seed: int) -> tuple[list[str], list[str]]:
    """Texts to train on, and texts to judge by, none of which is among the former.

    Args:
        texts: all texts.
        share: of the different texts to hold out, at least one; 0 for none.
        seed: of the choice.

    Raises:
        InvalidInput: there is no text, or only one where some are to be held out.
    """
    different = list(dict.fromkeys(texts))
    if not different:
        raise InvalidInput("the data holds no text; give at least one line that is not blank")
    if not share:
        return list(texts), []
    if len(different) == 1:
        raise InvalidInput(
            "the data holds one text only, and some are to be held out; give more, or set "
            "validation to 0"
        )
    count = min(max(1, round(share * len(different))), _JUDGED_AT_MOST)
    drawn = np.random.default_rng(seed).permutation(len(different))[:count]
    held_out = [different[number] for number in drawn]
    hidden = frozenset(held_out)
    return [text for text in texts if text not in hidden], held_out


def judged_batches(texts: Any, lengths: np.ndarray[Any, Any]) -> list[dict[str, torch.Tensor]]:
    """All items of a dataset in batches, made once."""
    order = np.argsort(lengths, kind="stable")
    return [
        texts.collate([texts[int(item)] for item in order[start : start + _JUDGED_AT_ONCE]])
        for start in range(0, len(order), _JUDGED_AT_ONCE)
    ]
