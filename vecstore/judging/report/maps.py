"""2-D maps of vectors, coloured by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vecstore.evaluation.maps import map_2d
from vecstore.judging.report.drawing import MOST_STYLES, inline_svg, new_figure, plain, style
from vecstore.judging.report.shown import LABEL_LENGTH, shown
from vecstore.spaces import FloatArray


@dataclass(frozen=True, slots=True)
class Key:
    """One line of a legend: a name, and how it is drawn."""

    name: str
    colour: str
    marker: str


def legend(labels: Sequence[str]) -> dict[str | None, Key]:
    """How classes are drawn: the most frequent in colours of their own, by label, and all others,
    where there are more, grey, by None.
    """
    order = sorted(Counter(labels).items(), key=lambda one: (-one[1], one[0]))
    keys: dict[str | None, Key] = {
        label: Key(shown(label, LABEL_LENGTH), *style(number))
        for number, (label, _) in enumerate(order[:MOST_STYLES])
    }
    if len(order) > MOST_STYLES:
        keys[None] = Key(f"{len(order) - MOST_STYLES:,} other classes", *style(MOST_STYLES))
    return keys


def draw_map(vectors: FloatArray, labels: Sequence[str], seed: int) -> str:
    """A t-SNE map as an ``<svg>`` element.

    Args:
        vectors: shape (n, dim), float32.
        labels: of the rows.
        seed: of the map.
    """
    places = map_2d(vectors, seed)
    keys = legend(labels)
    drawn_as = [label if label in keys else None for label in labels]
    figure, axes = new_figure(4.6, 4.0)
    # What is grey lies below what is named.
    for label in sorted(keys, key=lambda one: one is not None):
        rows = places[[one == label for one in drawn_as]]
        key = keys[label]
        axes.scatter(
            rows[:, 0],
            rows[:, 1],
            s=8 if label is None else 18,
            c=key.colour,
            marker=key.marker,
            alpha=0.45 if label is None else 0.85,
            linewidths=0,
        )
    axes.margins(0.02)
    plain(axes, ticks=False)
    return inline_svg(figure, "map of the vectors, coloured by label")
