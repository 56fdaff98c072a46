"""Gates of a switch: what the new space's figures must reach, by themselves or beside the live
one's, such as ``retrieval.ndcg@10>=live-0.02``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vecstore.errors import InvalidArgument
from vecstore.inputs import shorten
from vecstore.judging.gates import holds, split_gate
from vecstore.judging.protocols.labels import label_figures
from vecstore.judging.protocols.pairs import PAIR_FIGURES
from vecstore.judging.protocols.retrieval import retrieval_figures
from vecstore.judging.request import SHOTS
from vecstore.reembeddings import ReembedReport

_FORM = (
    "FIGURE>=NUMBER or FIGURE>=live, such as 'retrieval.ndcg@10>=live', "
    "'retrieval.recall@1>=0.95*live' or 'probe.accuracy@10>=0.7'"
)
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_BOUND = re.compile(
    rf"(?:(?P<share>{_NUMBER})\*)?live(?P<more>[+-]{_NUMBER})?|(?P<number>[+-]?{_NUMBER})"
)
_KNOWN = tuple(dict.fromkeys((*retrieval_figures(), *label_figures(SHOTS), *PAIR_FIGURES)))
_OVERLAP = re.compile(r"(?:neighbou?rs?[._])?overlap(?:@\d+)?")
# Sums and products of figures that are equal on paper.
_ROUNDING = 1e-9

Sides = tuple[float | None, float | None]
"""A figure of the live space and of the new one."""


@dataclass(frozen=True, slots=True)
class SwitchGate:
    """One thing that must hold before the switch.

    Args:
        text: as it was written, without white space.
        figure: its name.
        comparison: ``>=``, ``>``, ``<=`` or ``<``.
        share: of the live space's figure that counts; 0 where the gate is a number.
        number: that is added to it.
    """

    text: str
    figure: str
    comparison: str
    share: float
    number: float

    @property
    def beside_live(self) -> bool:
        """Whether the live space's figure is needed."""
        return self.share > 0

    def holds(self, live: float, new: float) -> bool:
        """Whether it holds of these figures; ``live`` counts for nothing where it is a number."""
        bound = self.bound(live)
        if abs(new - bound) <= _ROUNDING:
            return self.comparison in (">=", "<=")
        return holds(self.comparison, new, bound)

    def bound(self, live: float) -> float:
        """What the new space's figure is compared with."""
        return self.share * live + self.number


def parsed_gates(texts: Sequence[str], has_queries: bool) -> tuple[str, ...]:
    """Gates as they go on record.

    Args:
        texts: as somebody wrote them.
        has_queries: whether there are queries with the records that answer them.

    Raises:
        InvalidArgument: no such form, no such figure, or none that there can be.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise InvalidArgument(
            f"gates is {shorten(texts)}; give a list of texts of the form {_FORM}", field="gate"
        )
    gates = [parsed_gate(text) for text in texts]
    for gate in gates:
        if gate.figure.startswith("retrieval.") and not has_queries:
            raise InvalidArgument(
                f"the gate {gate.text!r} needs queries with the records that answer them, and "
                'there are none; give a file of lines such as {"query": TEXT, "relevant": [ID]} '
                "with --queries (queries= in Python)",
                field="gate",
            )
    return tuple(dict.fromkeys(gate.text for gate in gates))


def parsed_gate(text: object) -> SwitchGate:
    """A gate as somebody wrote it.

    Raises:
        InvalidArgument: no such form, or no such figure.
    """
    if not isinstance(text, str):
        raise InvalidArgument(
            f"the gate {shorten(text)} is no text; it is of the form {_FORM}", field="gate"
        )
    figure, comparison, bound = split_gate("".join(text.split()), _FORM)
    _require_figure(text, figure)
    found = _BOUND.fullmatch(bound)
    share, number = _numbers(found) if found is not None else (math.nan, math.nan)
    if not (math.isfinite(share) and math.isfinite(number)):
        raise InvalidArgument(
            f"the gate {text!r} compares with {bound!r}; a number, live, live-NUMBER or "
            "NUMBER*live (above 0) is needed",
            field="gate",
        )
    return SwitchGate(f"{figure}{comparison}{bound}", figure, comparison, share, number)


def gates_blocking(report: ReembedReport) -> tuple[str, ...]:
    """What a report says against the switch, one sentence for each gate that does not hold."""
    return tuple(
        f"the gate {gate} does not hold: {seen}; resume it with other gates, or cancel it."
        for gate, held, seen in report.verdicts
        if not held
    )


def verdicts(
    gates: Iterable[str], report: ReembedReport, missing: Mapping[str, str]
) -> Iterator[tuple[str, bool, str]]:
    """What came of each gate: as written, whether it holds, and what was seen.

    Args:
        gates: of :func:`parsed_gates`.
        report: its figures.
        missing: by figure, why one side's is not there and which command provides it.
    """
    for text in gates:
        gate = parsed_gate(text)
        live, new = report.figures.get(gate.figure, (None, None))
        if new is None or (live is None and gate.beside_live):
            yield text, False, missing[gate.figure]
            continue
        held = gate.holds(0.0 if live is None else live, new)
        yield text, held, _seen(gate, report, live, new)


def _numbers(found: re.Match[str]) -> tuple[float, float]:
    """The share of the live figure, and what is added."""
    if found["number"] is not None:
        return 0.0, float(found["number"])
    share = float(found["share"] or 1)
    return share if share > 0 else math.nan, float(found["more"] or 0)


def _require_figure(text: str, figure: str) -> None:
    if _OVERLAP.fullmatch(figure):
        raise InvalidArgument(
            f"the gate {text!r} is on how many neighbours the two spaces share, which says that "
            "they differ and not which is better: two trainings of one model that differ in their "
            "seed alone share .36 of theirs. It is in every report; gate on a figure that says "
            "which is better, such as 'retrieval.ndcg@10>=live'",
            field="gate",
        )
    kind, at, shots = figure.partition("@")
    kinds = {name.partition("@")[0] for name in _KNOWN if name.startswith("probe.")}
    probe = kind in kinds and at and shots.isdecimal() and shots == shots.lstrip("0")
    if figure not in _KNOWN and not probe:
        raise InvalidArgument(
            f"the gate {text!r} names the figure {figure!r}, which there will not be; name one of: "
            f"{', '.join(_KNOWN)}",
            field="gate",
        )


def _seen(gate: SwitchGate, report: ReembedReport, live: float | None, new: float) -> str:
    """The figures in words, with the interval of their difference where it is known."""
    said = f"{gate.figure} is {new:.4f}"
    if gate.beside_live and live is not None:
        said += f" and {live:.4f} in the live space"
        if gate.bound(live) != live:
            said += f", so that {gate.bound(live):.4f} is asked for"
    difference = report.differences.get(gate.figure)
    _, bounds = report.intervals.get(gate.figure, (None, None))
    if not gate.beside_live and bounds is not None:
        said += f" (95 % interval {bounds[0]:.4f} to {bounds[1]:.4f})"
    if gate.beside_live and difference is not None:
        value, low, high = difference
        said += f" (difference {value:+.4f}, 95 % interval {low:+.4f} to {high:+.4f})"
    return said
