"""Gates: what an encoder's figures must reach, such as ``probe.accuracy@10>=0.7``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from vecstore.errors import InvalidArgument
from vecstore.evaluations import Protocol
from vecstore.judging.outcome import Outcome

_FORM = re.compile(r"\s*([^\s<>=!]+)\s*(>=|<=|>|<)\s*(\S+)\s*")
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that must hold of every encoder.

    Args:
        figure: its name.
        comparison: ``>=``, ``>``, ``<=`` or ``<``.
        bound: the number that it is compared with.
    """

    figure: str
    comparison: str
    bound: float

    def __str__(self) -> str:
        return f"{self.figure}{self.comparison}{self.bound:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one gate for one encoder.

    Args:
        gate: what should hold.
        encoder: of whom.
        protocol: by what it was judged; None where the figure was left out.
        value: the figure seen; None where it was left out.
        passed: whether it holds.
    """

    gate: Gate
    encoder: str
    protocol: Protocol | None
    value: float | None
    passed: bool

    def __str__(self) -> str:
        seen = "the figure was left out"
        if self.value is not None:
            seen = f"{self.protocol}: it is {self.value:.4f}"
        return (
            f"{'passed' if self.passed else 'not passed'}: {self.gate} by {self.encoder} ({seen})"
        )


def parse_gates(texts: Iterable[str], figures: Sequence[str]) -> list[Gate]:
    """Gates as people write them.

    Args:
        texts: such as "probe.accuracy@10 >= 0.7".
        figures: names of the figures that there will be.

    Raises:
        InvalidArgument: no such form, no such figure, or no number.
    """
    return [_parsed(text, figures) for text in texts]


def split_gate(text: str, form: str) -> tuple[str, str, str]:
    """A gate's figure, comparison and what it compares with.

    Args:
        text: as somebody wrote it.
        form: of gates there, for the message.

    Raises:
        InvalidArgument: no such form.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise InvalidArgument(
            f"the gate {text!r} is not of the form {form}; >=, >, <= and < are known", field="gate"
        )
    name, comparison, bound = found.groups()
    return name, comparison, bound


def holds(comparison: str, value: float, bound: float) -> bool:
    """Whether a figure is on the right side of a number."""
    return _HOLDS[comparison](value, bound)


def judge_gates(gates: Sequence[Gate], outcomes: Sequence[Outcome]) -> list[Verdict]:
    """What came of each gate for every encoder, in every outcome that has its figure."""
    return [verdict for gate in gates for verdict in _verdicts(gate, outcomes)]


def _parsed(text: str, figures: Sequence[str]) -> Gate:
    form = "FIGURE>=NUMBER, such as 'probe.accuracy@10>=0.7'"
    name, comparison, number = split_gate(text, form)
    if name not in figures:
        raise InvalidArgument(
            f"the gate {text!r} names the figure {name!r}, and there will be: "
            f"{', '.join(figures)}; name one of these",
            field="gate",
        )
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise InvalidArgument(
            f"the gate {text!r} compares with {number!r}; a number is needed", field="gate"
        )
    return Gate(name, comparison, bound)


def _verdicts(gate: Gate, outcomes: Sequence[Outcome]) -> list[Verdict]:
    encoders = dict.fromkeys(
        one.name for outcome in outcomes for one in outcome.judged if one.space is not None
    )
    found = [
        Verdict(gate, one.name, outcome.protocol, value, holds(gate.comparison, value, gate.bound))
        for outcome in outcomes
        for one in outcome.judged
        if one.space is not None and gate.figure in one.figures
        for value in [one.figures[gate.figure].value]
    ]
    seen = {verdict.encoder for verdict in found}
    return found + [Verdict(gate, name, None, None, False) for name in encoders if name not in seen]
