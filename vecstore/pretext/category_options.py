"""What the options of the task ``categories`` may be."""

from __future__ import annotations

from vecstore.errors import InvalidArgument
from vecstore.pretext.option_checks import (
    PRECISIONS,
    Range,
    check_choices,
    check_patience,
    check_ranges,
)
from vecstore.specs import Options

MAX_DIM = 1024
MAX_LAYERS = 8
MAX_WIDTH = 16_384

_RANGES = {
    "dim": Range(0, MAX_DIM),
    "epochs": Range(1, 1_000_000),
    "batch_size": Range(1, 1_000_000),
    "learning_rate": Range(1e-9, 1.0),
    "weight_decay": Range(0.0, 10.0),
    "value_dropout": Range(0.0, 0.5),
    "validation": Range(0.0, 0.9),
    "patience": Range(0, 1000),
}
_CHOICES = {
    "kind": ("auto", "regression", "classes"),
    "split": ("random", "last"),
    "precision": PRECISIONS,
}


def check(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or no choice of it.
    """
    check_ranges(options, _RANGES)
    check_choices(options, _CHOICES)
    hidden_sizes(options)
    check_patience(options, 0.2)


def hidden_sizes(options: Options) -> tuple[int, ...]:
    """The sizes of the hidden layers.

    Raises:
        InvalidArgument: the option is no list of sizes.
    """
    parts = [part.strip() for part in options["hidden"].split(",") if part.strip()]
    sizes = tuple(int(part) for part in parts if part.isascii() and part.isdecimal())
    good = len(sizes) == len(parts) <= MAX_LAYERS
    if not good or not all(1 <= size <= MAX_WIDTH for size in sizes):
        raise InvalidArgument(
            f"the option hidden is {options['hidden'][:60]!r}; list up to {MAX_LAYERS} sizes of 1 "
            f"to {MAX_WIDTH:,}, such as 128,64",
            field="hidden",
        )
    return sizes
