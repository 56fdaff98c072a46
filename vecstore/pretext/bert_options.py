"""The options of the tasks that train a BERT, and what they may be."""

from __future__ import annotations

from vecstore.errors import InvalidArgument
from vecstore.pretext.option_checks import (
    PRECISIONS,
    Range,
    check_choices,
    check_patience,
    check_ranges,
)
from vecstore.specs import Option, Options

SHAPE_OPTIONS = (
    Option("vocabulary", int, 6000, "Word pieces, learnt from the texts"),
    Option("lower_case", bool, True, "Drop case and accents"),
    Option("hidden_size", int, 128, "Length of the vectors"),
    Option("layers", int, 2, "Transformer layers"),
    Option("heads", int, 4, "Attention heads in each layer"),
    Option("layer", int, None, "The layer that vectors are taken from; the last by default"),
)

TRAINING_OPTIONS = (
    Option("mask_share", float, 0.15, "Share of the word pieces to be guessed"),
    Option("whole_word_masking", bool, False, "Hide words whole"),
    Option("dropout", float, 0.0, "Share of the activations that are dropped in training"),
    Option("batch_size", int, 64, "Texts a step, on each device"),
    Option("learning_rate", float, 2e-3, "At its height; warmed up, then falling to zero"),
    Option("weight_decay", float, 0.01, "Pulls matrices towards zero"),
    Option("evaluations", int, 10, "How often held-out texts are judged"),
    Option("patience", int, 0, "Stop after so many of these without a better loss; 0: never"),
    Option("precision", str, "auto", "float32, bf16, or auto: the device's best"),
)

LOAD_OPTIONS = (
    Option("device", str, None, "cpu, cuda, cuda:1; the fastest there is by default"),
    Option("batch_size", int, 64, "Texts that the model reads at a time"),
)


_RANGES = {
    "vocabulary": Range(10, 1_000_000),
    "hidden_size": Range(2, 4096),
    "layers": Range(1, 100),
    "heads": Range(1, 256),
    "layer": Range(1, 100),
    "max_length": Range(4, 4096),
    "mask_share": Range(0.01, 0.9),
    "dropout": Range(0.0, 0.9),
    "batch_size": Range(1, 65_536),
    "learning_rate": Range(1e-8, 1.0),
    "weight_decay": Range(0.0, 1.0),
    "evaluations": Range(1, 10_000),
    "patience": Range(0, 10_000),
    "epochs": Range(0.001, 1e6),
    "validation": Range(0.0, 0.5),
    "segment_tokens": Range(0, 2048),
}


def check_options(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or one that contradicts another.
    """
    check_ranges(options, _RANGES)
    check_choices(options, {"precision": PRECISIONS})
    check_patience(options, 0.02)
    if options["hidden_size"] % options["heads"]:
        raise InvalidArgument(
            f"hidden_size is {options['hidden_size']} and heads is {options['heads']}; "
            "hidden_size must be a multiple of heads",
            field="heads",
        )
    if (options["layer"] or 1) > options["layers"]:
        raise InvalidArgument(
            f"layer is {options['layer']} and layers is {options['layers']}; take a layer that "
            "there is, or leave layer out for the last",
            field="layer",
        )
