"""What the options of word-context may be."""

from __future__ import annotations

from dataclasses import dataclass

from vecstore.errors import InvalidArgument
from vecstore.specs import Options


@dataclass(frozen=True, slots=True)
class _Range:
    low: float
    high: float
    open: bool = False

    def holds(self, value: float) -> bool:
        return (self.low < value if self.open else self.low <= value) and value <= self.high

    def __str__(self) -> str:
        return f"{'more than ' if self.open else ''}{self.low:,g} to {self.high:,g}"


_RANGES = {
    "vector_size": _Range(2, 4096),
    "window": _Range(1, 1000),
    "epochs": _Range(1, 100_000),
    "negative": _Range(1, 100),
    "min_count": _Range(1, 1_000_000_000),
    "sample": _Range(0.0, 0.999),
    "learning_rate": _Range(0.0, 1.0, open=True),
    "workers": _Range(1, 256),
    "buckets": _Range(1, 10_000_000),
    "smoothing": _Range(0.0, 1.0, open=True),
    "validation": _Range(0.0, 0.5),
    "patience": _Range(0, 100_000),
}
_CHOICES = {"architecture": ("skip-gram", "cbow"), "unknown": ("skip", "subwords")}


def check(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or no choice of it.
    """
    for name, allowed in _RANGES.items():
        if not allowed.holds(options[name]):
            raise InvalidArgument(
                f"the option {name} is {options[name]:g}; {allowed} is allowed", field=name
            )
    for name, choices in _CHOICES.items():
        if options[name] not in choices:
            raise InvalidArgument(
                f"the option {name} is {options[name]!r}; set it to {' or '.join(choices)}",
                field=name,
            )
    if options["patience"] and not options["validation"]:
        raise InvalidArgument(
            f"patience is {options['patience']} and validation is 0: nothing would be held out to "
            "judge by; set validation=0.01, or patience=0",
            field="patience",
        )
