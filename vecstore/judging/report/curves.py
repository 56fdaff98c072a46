"""What small models learn from a few samples: one curve for each that was judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vecstore.evaluations import Figure
from vecstore.judging.outcome import Judged
from vecstore.judging.report.drawing import PALETTE, inline_svg, new_figure, plain

PROBES = {
    "probe.accuracy": "A perceptron with two hidden layers",
    "probe.linear": "A linear model",
    "probe.neighbour": "The nearest neighbour",
}
_ASIDE = 0.05


@dataclass(frozen=True, slots=True)
class Curves:
    """One probe's picture.

    Args:
        title: which probe.
        svg: the picture.
    """

    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the legend of curves."""

    name: str
    colour: str
    dashes: str


def lines(judged: Sequence[Judged]) -> tuple[Line, ...]:
    """How each is drawn; baselines are dashed."""
    dashes = {True: "5 3", False: ""}
    return tuple(
        Line(one.name, PALETTE[number % len(PALETTE)], dashes[one.space is None])
        for number, one in enumerate(judged)
    )


def draw_curves(judged: Sequence[Judged]) -> tuple[Curves, ...]:
    """A picture for each kind of probe that there are figures of."""
    found = {probe: [_points(one, probe) for one in judged] for probe in PROBES}
    return tuple(
        Curves(PROBES[probe], _picture(judged, points))
        for probe, points in found.items()
        if any(points)
    )


def _points(one: Judged, probe: str) -> list[tuple[int, Figure]]:
    """(samples a class, figure), ascending."""
    found = (
        (re.fullmatch(rf"{re.escape(probe)}@(\d+)", name), figure)
        for name, figure in one.figures.items()
    )
    return sorted(
        ((int(match[1]), figure) for match, figure in found if match), key=lambda point: point[0]
    )


def _picture(judged: Sequence[Judged], points: Sequence[list[tuple[int, Figure]]]) -> str:
    figure, axes = new_figure(4.2, 3.3)
    shots = sorted({step for series in points for step, _ in series})
    for number, (key, series) in enumerate(zip(lines(judged), points, strict=True)):
        # Side by side, so that no interval hides another.
        aside = _ASIDE * (number - (len(points) - 1) / 2)
        places = [shots.index(step) + aside for step, _ in series]
        dashes = "--" if key.dashes else "-"
        values = [one.value for _, one in series]
        axes.plot(places, values, color=key.colour, linestyle=dashes, marker="o", markersize=4)
        for place, (_, one) in zip(places, series, strict=True):
            if one.low is not None and one.high is not None:
                axes.vlines(place, one.low, one.high, color=key.colour, linewidth=4, alpha=0.35)
    axes.set_xticks(range(len(shots)), [str(one) for one in shots])
    axes.set_xlim(-0.3, len(shots) - 0.7)
    axes.set_ylim(0.0, 1.02)
    axes.set_xlabel("samples a class")
    axes.set_ylabel("accuracy")
    plain(axes)
    return inline_svg(figure, "accuracy over samples a class")
