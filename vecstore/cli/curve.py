"""A learning curve in a line or two of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vecstore.artifacts.manifest import CurvePoint

WIDTH = 48
BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = "_.-:=+*#"


def draw_curve(curve: Sequence[CurvePoint], *, levels: str = BLOCKS) -> dict[str, str]:
    """The losses of a training, one line each, on one scale.

    Args:
        curve: the points, by ascending steps.
        levels: characters from the lowest to the highest.

    Returns:
        Drawings with their first and last figure by name: training, validation. A loss that was
        never noted is left out.
    """
    series = {
        "training loss": _values(curve, lambda point: point.loss),
        "validation loss": _values(curve, lambda point: point.validation),
    }
    heights = [value for points in series.values() for _, value in points]
    if not heights:
        return {}
    steps = curve[0].step, curve[-1].step
    scale = min(heights), max(heights)
    return {
        name: f"{_line(points, steps, scale, levels)}  {_ends(points)}"
        for name, points in series.items()
        if points
    }


def _values(
    curve: Sequence[CurvePoint], of: Callable[[CurvePoint], float | None]
) -> list[tuple[int, float]]:
    found = ((point.step, of(point)) for point in curve)
    return [(step, value) for step, value in found if value is not None]


def _line(
    points: Sequence[tuple[int, float]],
    steps: tuple[int, int],
    scale: tuple[float, float],
    levels: str,
) -> str:
    """Points by their step; a column without one repeats the one before it."""
    width = min(WIDTH, len(points))
    columns: list[list[float]] = [[] for _ in range(width)]
    span = max(1, steps[1] - steps[0])
    for step, value in points:
        columns[min(width - 1, (step - steps[0]) * width // span)].append(value)
    low, high = scale
    drawn, last = [], points[0][1]
    for values in columns:
        last = sum(values) / len(values) if values else last
        share = (last - low) / (high - low) if high > low else 0.0
        drawn.append(levels[min(len(levels) - 1, int(share * len(levels)))])
    return "".join(drawn)


def _ends(points: Sequence[tuple[int, float]]) -> str:
    (first, begun), (last, ended) = points[0], points[-1]
    best, lowest = min(points, key=lambda point: point[1])
    text = f"{begun:.4g} at {first:,}, {ended:.4g} at {last:,}"
    return text if best == last else f"{text}; lowest {lowest:.4g} at {best:,}"
