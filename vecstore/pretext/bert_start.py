"""What the tasks that train a BERT share: where it starts, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from vecstore.artifacts.folder import Artifact
from vecstore.errors import InvalidArgument
from vecstore.pretext.bert import LIBRARIES, fill_backbone, shape_of, write_backbone
from vecstore.pretext.torch_parts import parameters_of, runtime
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


def tokenizer_for(run: Run, texts: Sequence[str]) -> Tokenizer:
    """The tokenizer of the model to start from, or one trained on the texts.

    Raises:
        InvalidInput: the texts give fewer word pieces than asked for.
        InvalidArgument: the model to start from has another tokenizer than asked for.
    """
    if run.starts:
        tokenizer = read_tokenizer(run.starts[0].file(TOKENIZER_FILE))
        _require_same_case(run, run.starts[0], tokenizer)
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
    if not run.starts:
        return
    start = run.starts[0]
    shape = start.manifest.encoder["shape"]
    wrong = {name: shape[key] for name, key in _SAME.items() if run.options[name] != shape[key]}
    if wrong:
        raise InvalidArgument(
            f"{start.manifest.name} has another shape than asked for; set "
            + " and ".join(
                f"{name}={value} (it is {run.options[name]})" for name, value in wrong.items()
            ),
            field=next(iter(wrong)),
        )
    fill_backbone(model, start)


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
    return Trained(
        write=lambda folder: write_backbone(backbone, tokenizer, layers, folder),
        encoder={"shape": shape},
        metrics=optimised.metrics,
        curve=optimised.curve,
        sizes={
            "trained_parameters": parameters_of(model),
            "vocabulary": tokenizer.get_vocab_size(),
            "steps": optimised.steps,
            **sizes,
        },
        runtime=runtime(*LIBRARIES),
    )


def _require_same_case(run: Run, start: Artifact, tokenizer: Tokenizer) -> None:
    lower = bool(tokenizer.normalizer.lowercase)
    if lower != run.options["lower_case"]:
        raise InvalidArgument(
            f"lower_case is {run.options['lower_case']}, and {start.manifest.name}, to start from,"
            f" has it {lower}; set lower_case={str(lower).lower()}",
            field="lower_case",
        )
