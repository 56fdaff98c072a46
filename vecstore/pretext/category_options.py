"""What the options of the task ``categories`` may be."""

from __future__ import annotations

from vecstore.errors import InvalidArgument
from vecstore.specs import Options

MAX_DIM = 1024
MAX_LAYERS = 8
MAX_WIDTH = 16_384

_RANGES: dict[str, tuple[float, float]] = {
    "dim": (0, MAX_DIM),
    "epochs": (1, 1_000_000),
    "batch_size": (1, 1_000_000),
    "learning_rate": (1e-9, 1.0),
    "weight_decay": (0.0, 10.0),
    "value_dropout": (0.0, 0.5),
    "validation": (0.0, 0.9),
    "patience": (0, 1000),
}
_CHOICES = {
    "kind": ("auto", "regression", "classes"),
    "split": ("random", "last"),
    "precision": ("float32", "bf16", "auto"),
}


def check(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or no choice of it.
    """
    for name, (low, high) in _RANGES.items():
        if not low <= options[name] <= high:
            raise InvalidArgument(
                f"the option {name} is {options[name]:g}; {low:g} to {high:g} is allowed",
                field=name,
            )
    for name, choices in _CHOICES.items():
        if options[name] not in choices:
            raise InvalidArgument(
                f"the option {name} is {options[name]!r}; set it to {', '.join(choices[:-1])} or "
                f"{choices[-1]}",
                field=name,
            )
    hidden_sizes(options)
    if options["patience"] and not options["validation"]:
        raise InvalidArgument(
            f"patience is {options['patience']} and validation is 0: nothing would be held out to "
            "judge by; set validation=0.2, or patience=0",
            field="patience",
        )


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
