"""Training next-sentence: documents to passages, passages to pairs, pairs to a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from tokenizers import Tokenizer

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.pretext.bert import new_config
from vecstore.pretext.bert_options import check_options
from vecstore.pretext.bert_start import fill_from_start, tokenizer_for, trained_bert
from vecstore.pretext.masked_training import judged_batches
from vecstore.pretext.masking import masker, tokens
from vecstore.pretext.pair_model import PAIR_HEADS, PairModel, judge_pairs
from vecstore.pretext.pairs import SPECIAL_PIECES, Pairs
from vecstore.pretext.segments import Segments, segments_of
from vecstore.pretext.torch_parts import job_settings, seeded
from vecstore.specs import Options
from vecstore.tasks import Run, TextData, TorchJob, Trained

_LEAST_DOCUMENTS = 2

Documents = Sequence[Sequence[str]]


def fit(data: TextData, run: Run) -> Trained:
    """See :data:`vecstore.pretext.next_sentence.SPEC`.

    Raises:
        InvalidArgument: options of no meaning, or of another shape than the model to start from.
        InvalidInput: too few documents; documents of one passage only; fewer word pieces than
            asked.
    """
    options = run.options
    _check(options)
    documents, held_out = split_documents(data.documents, options["validation"], run.seed)
    tokenizer = tokenizer_for(run, [text for document in documents for text in document])
    hide = masker(tokenizer, options["mask_share"], options["whole_word_masking"], run.seed)
    train = Pairs(cut(tokenizer, documents, options), hide)
    with seeded(run.seed):
        model = PairModel(new_config(options), options["pair_head"])
    fill_from_start(model.backbone, run)
    judged = judge_of(tokenizer, held_out, options, run.seed) if held_out else None
    optimised = run.optimise(
        TorchJob(
            model=model,
            train=train,
            collate=train.collate,
            judge=judged,
            units=tokens,
            unit="tokens",
            **job_settings(options),
        )
    )
    sizes = {"documents": len(documents), "pairs": len(train), "held_out": len(held_out)}
    return trained_bert(run, model, model.backbone, tokenizer, optimised, sizes)


def judge_of(
    tokenizer: Tokenizer, documents: Documents, options: Options, seed: int
) -> partial[dict[str, float]]:
    """Judges a model by documents: each pair once true and once false, masks always the same."""
    hide = masker(tokenizer, 0.15, options["whole_word_masking"], seed + 1)
    pairs = Pairs(cut(tokenizer, documents, options), hide, both=True)
    batches = judged_batches(pairs, np.zeros(len(pairs)))
    return partial(judge_pairs, batches=batches)


def cut(tokenizer: Tokenizer, documents: Documents, options: Options) -> Segments:
    """Documents as passages of which two fit into the model."""
    most = (options["max_length"] - SPECIAL_PIECES) // 2
    return segments_of(tokenizer, documents, options["segment_tokens"], most, options["language"])


def split_documents(
    documents: Documents, share: float, seed: int
) -> tuple[list[Sequence[str]], list[Sequence[str]]]:
    """Documents to train on, and documents to judge by; at least two of each.

    Args:
        documents: all of them.
        share: to hold out; 0 for none.
        seed: of the choice.

    Raises:
        InvalidInput: there are too few.
    """
    count = len(documents)
    if count < _LEAST_DOCUMENTS:
        raise InvalidInput(
            f"next-sentence needs at least 2 documents, and there is {count}: a false next passage "
            "is taken from another document. Separate documents by a blank line, or name a "
            "document column"
        )
    if not share:
        return list(documents), []
    if count < 2 * _LEAST_DOCUMENTS:
        raise InvalidInput(
            f"there are {count} documents, of which at least 2 must be held out and 2 trained on; "
            "give more, or set validation to 0"
        )
    held = min(max(_LEAST_DOCUMENTS, round(share * count)), count - _LEAST_DOCUMENTS)
    drawn = frozenset(np.random.default_rng(seed).permutation(count)[:held].tolist())
    trained = [one for number, one in enumerate(documents) if number not in drawn]
    return trained, [documents[number] for number in sorted(drawn)]


def _check(options: Options) -> None:
    check_options(options)
    head = options["pair_head"]
    if head not in PAIR_HEADS:
        raise InvalidArgument(
            f"the option pair_head is {head!r}; set it to {' or '.join(PAIR_HEADS)}",
            field="pair_head",
        )
    if 2 * options["segment_tokens"] + SPECIAL_PIECES > options["max_length"]:
        raise InvalidArgument(
            f"segment_tokens is {options['segment_tokens']} and max_length is "
            f"{options['max_length']}: a pair takes twice the one and {SPECIAL_PIECES}; raise "
            "max_length or lower segment_tokens",
            field="segment_tokens",
        )
