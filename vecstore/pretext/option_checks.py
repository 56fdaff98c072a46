"""Refusing options of no meaning, in the same words for every task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vecstore.errors import InvalidArgument
from vecstore.specs import Options

PRECISIONS = ("float32", "bf16", "auto")


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be: low to high, both included; without low where it is ``open``."""

    low: float
    high: float
    open: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number lies in it; NaN lies in none."""
        return (self.low < value if self.open else self.low <= value) and value <= self.high

    def __str__(self) -> str:
        return f"{'more than ' if self.open else ''}{self.low:,g} to {self.high:,g}"


def check_ranges(options: Options, ranges: Mapping[str, Range]) -> None:
    """Raise InvalidArgument where an option that is set is out of its range."""
    for name, allowed in ranges.items():
        value = options.get(name)
        if value is not None and not allowed.holds(value):
            raise InvalidArgument(
                f"the option {name} is {value:g}; {allowed} is allowed", field=name
            )


def check_choices(options: Options, choices: Mapping[str, Sequence[str]]) -> None:
    """Raise InvalidArgument where an option is none of its choices."""
    for name, allowed in choices.items():
        if options[name] not in allowed:
            raise InvalidArgument(
                f"the option {name} is {options[name]!r}; set it to {', '.join(allowed[:-1])} or "
                f"{allowed[-1]}",
                field=name,
            )


def check_patience(options: Options, validation: float) -> None:
    """Raise InvalidArgument where a training should stop early, with nothing to judge it by.

    Args:
        options: with ``patience`` and ``validation``.
        validation: a share that would do, for the message.
    """
    if options["patience"] and not options["validation"]:
        raise InvalidArgument(
            f"patience is {options['patience']} and validation is 0: nothing would be held out to "
            f"judge by; set validation={validation:g}, or patience=0",
            field="patience",
        )
