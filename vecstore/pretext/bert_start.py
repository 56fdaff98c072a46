"""What the tasks that train a BERT share: where it starts, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from vecstore.errors import InvalidArgument
from vecstore.pretext.bert import fill_backbone, runtime, shape_of, write_backbone
from vecstore.pretext.wordpieces import (
    TOKENIZER_FILE,
    read_tokenizer,
    train_tokenizer,
    write_tokenizer,
)
from vecstore.tasks import Optimised, Progress, Run, Trained

_SAME = {
    "vocabulary": "vocab_size",
    "hidden_size": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "max_length": "max_position_embeddings",
}


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """What is drawn by torch in here follows from the seed; afterwards all is as before."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def tokenizer_for(run: Run, texts: Sequence[str]) -> Tokenizer:
    """The tokenizer of the model to start from, or one trained on the texts.

    Raises:
        InvalidInput: the texts give fewer word pieces than asked for.
        InvalidArgument: the model to start from has another tokenizer than asked for.
    """
    if run.start is not None:
        tokenizer = read_tokenizer(run.start.file(TOKENIZER_FILE))
        _require_same_case(run, tokenizer)
        return tokenizer
    kept = run.folder / TOKENIZER_FILE
    if kept.exists():  # of the interrupted run
        return read_tokenizer(kept)
    run.report(Progress("learning word pieces"))
    options = run.options
    tokenizer = train_tokenizer(texts, options["vocabulary"], options["lower_case"])
    write_tokenizer(tokenizer, kept)
    return tokenizer


def fill_from_start(model: BertModel, run: Run) -> None:
    """Give a backbone the weights of the model to start from, if there is one.

    Raises:
        InvalidArgument: that model has another shape.
    """
    if run.start is None:
        return
    shape = run.start.manifest.encoder["shape"]
    wrong = {name: shape[key] for name, key in _SAME.items() if run.options[name] != shape[key]}
    if wrong:
        raise InvalidArgument(
            f"{run.start.manifest.name} has another shape than asked for; set "
            + " and ".join(
                f"{name}={value} (it is {run.options[name]})" for name, value in wrong.items()
            ),
            field=next(iter(wrong)),
        )
    fill_backbone(model, run.start)


def trained_bert(
    run: Run,
    model: torch.nn.Module,
    backbone: BertModel,
    tokenizer: Tokenizer,
    optimised: Optimised,
    sizes: Mapping[str, int],
) -> Trained:
    """What is left of a training.

    Args:
        run: the training.
        model: all that was trained, head included.
        backbone: the part to keep.
        tokenizer: makes its pieces.
        optimised: how it went.
        sizes: of the data.
    """
    layers = run.options["layer"] or run.options["layers"]
    shape = {**shape_of(backbone.config), "num_hidden_layers": layers}
    count = sum(parameter.numel() for parameter in model.parameters())
    return Trained(
        write=lambda folder: write_backbone(backbone, tokenizer, layers, folder),
        encoder={"shape": shape},
        metrics=optimised.metrics,
        curve=optimised.curve,
        sizes={
            "trained_parameters": count,
            "vocabulary": tokenizer.get_vocab_size(),
            "steps": optimised.steps,
            **sizes,
        },
        runtime=runtime(),
    )


def _require_same_case(run: Run, tokenizer: Tokenizer) -> None:
    lower = bool(tokenizer.normalizer.lowercase)
    if run.start is not None and lower != run.options["lower_case"]:
        raise InvalidArgument(
            f"lower_case is {run.options['lower_case']}, and {run.start.manifest.name}, to start "
            f"from, has it {lower}; set lower_case={str(lower).lower()}",
            field="lower_case",
        )
