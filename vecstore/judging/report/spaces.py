"""The page, and the picture, of two spaces beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vecstore.evaluation.maps import map_2d
from vecstore.evaluation.retrieval import rankings
from vecstore.judging.report.drawing import GREY, PALETTE, inline_svg, new_figure, plain, png
from vecstore.judging.report.maps import Key
from vecstore.judging.report.neighbours import Asked, Item, as_item
from vecstore.judging.report.rendering import render
from vecstore.judging.report.shown import shown
from vecstore.judging.report.writing import today, write_file
from vecstore.judging.spaces import SpaceComparison
from vecstore.spaces import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 250
SAMPLES = 6
NEIGHBOURS = 5

_BLUE, _RED = PALETTE[:2]
_BINS = 60
_BEFORE, _AFTER = "as they are", "after the rotation"


def write_spaces_page(path: Path, comparison: SpaceComparison) -> None:
    """Write one HTML page on two spaces; see :func:`vecstore.judging.report.write_report`.

    Raises:
        InvalidArgument: a library is missing, or the file cannot be written.
    """
    a, b = (shown(one.name, 60) for one in (comparison.a, comparison.b))
    before, after = _clouds(comparison)
    text = render(
        "spaces.html",
        title=f"{a} and {b}: two spaces",
        made=today(),
        facts=_facts(comparison),
        sentences=comparison.sentences,
        lines=comparison.lines,
        ceiling=comparison.agreement.ceiling,
        judged=comparison.agreement.mapped_inputs,
        keys=(Key(f"vectors of {a}", _BLUE, "ring"), Key(f"vectors of {b}", _RED, "^")),
        bars=(Key(_BEFORE, _RED, "o"), Key(_AFTER, _BLUE, "o")),
        histogram=_svg(lambda axes: _draw_histogram(axes, comparison), "cosines", 6.4, 2.9),
        clouds=(
            (f"Vectors {_BEFORE}", _svg(lambda axes: _draw_cloud(axes, before), "both clouds")),
            (f"Vectors {_AFTER}", _svg(lambda axes: _draw_cloud(axes, after), "both clouds")),
        ),
        drawn=len(before) // 2,
        neighbours=tuple(_neighbours(comparison)),
    )
    write_file(path, text)


def spaces_picture(comparison: SpaceComparison) -> bytes:
    """A PNG file: both clouds before and after the rotation, and the cosines."""
    figure, axes = new_figure(10.4, 3.6, ncols=3)
    for place, title, cloud in zip(axes, (_BEFORE, _AFTER), _clouds(comparison), strict=False):
        place.set_title(f"both encoders' vectors {title}")
        _draw_cloud(place, cloud)
    axes[2].set_title("cosine of an input's two vectors")
    _draw_histogram(axes[2], comparison)
    axes[2].legend(frameon=False, fontsize=9, loc="upper center")
    return png(figure)


def _facts(comparison: SpaceComparison) -> tuple[tuple[str, str], ...]:
    return (
        ("One space", str(comparison.a)),
        ("The other", str(comparison.b)),
        ("Data", f"{shown(comparison.data.name, 80)} ({comparison.data.how_much})"),
        ("Digest", f"sha256 {comparison.data.digest}"),
        ("Seed", str(comparison.seed)),
    )


def _clouds(comparison: SpaceComparison) -> tuple[FloatArray, FloatArray]:
    """Both encoders' vectors on one plane, before and after; shape (2 m, 2), a's above b's."""
    half, seed = comparison.half, comparison.seed
    count = len(half.rows)
    rows = np.random.default_rng(seed).permutation(count)[:MOST_DRAWN]
    before, after = (
        map_2d(np.concatenate([these[rows], half.targets[rows]]), seed)
        for these in (half.before, half.mapped)
    )
    return before, after


def _svg(draw: Callable[[Axes], None], told: str, width: float = 4.6, height: float = 4.0) -> str:
    figure, axes = new_figure(width, height)
    draw(axes)
    return inline_svg(figure, told)


def _draw_cloud(axes: Axes, places: FloatArray) -> None:
    """The two points of each input, and a line between them."""
    these, those = places[: len(places) // 2], places[len(places) // 2 :]
    ends = np.stack([these, those], axis=1)
    axes.plot(*ends.transpose(2, 1, 0), color=GREY, linewidth=0.5, alpha=0.35, zorder=1)
    # Rings around triangles, so that both are seen where they meet.
    axes.scatter(
        these[:, 0], these[:, 1], s=26, facecolors="none", edgecolors=_BLUE, linewidths=1.1
    )
    axes.scatter(those[:, 0], those[:, 1], s=11, c=_RED, marker="^", linewidths=0)
    axes.margins(0.02)
    axes.set_aspect("equal", adjustable="datalim")
    plain(axes, ticks=False)


def _draw_histogram(axes: Axes, comparison: SpaceComparison) -> None:
    found = ((comparison.direct_cosines, _BEFORE, _RED), (comparison.mapped_cosines, _AFTER, _BLUE))
    for cosines, name, colour in found:
        if cosines is not None:
            axes.hist(cosines, bins=_BINS, range=(-1, 1), color=colour, alpha=0.65, label=name)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_xlabel("cosine")
    axes.set_ylabel("inputs")
    plain(axes)


def _neighbours(comparison: SpaceComparison) -> Iterator[Asked]:
    """Some inputs of the judged half; who is nearest in a, in b, and in b for a vector of a."""
    half = comparison.half
    asked = np.random.default_rng(comparison.seed).permutation(len(half.rows))[:SAMPLES]
    count = min(NEIGHBOURS, len(half.rows) - 1)

    def nearest(these: FloatArray, those: FloatArray, own: bool) -> NDArray[np.int64]:
        return rankings(these[asked], those, count, without=None if own else asked)

    own = [
        (f"in {shown(comparison.a.name, 40)}", nearest(half.before, half.before, False)),
        (f"in {shown(comparison.b.name, 40)}", nearest(half.targets, half.targets, False)),
    ]
    across = [("after the rotation", nearest(half.mapped, half.targets, True))]
    if comparison.a.dim == comparison.b.dim:
        across.insert(0, ("from the one to the other", nearest(half.before, half.targets, True)))
    right = own[1][1]
    for number, row in enumerate(asked.tolist()):
        good = {row, *right[number].tolist()}
        found = [
            (name, tuple(_item(comparison, one) for one in rows[number])) for name, rows in own
        ]
        found += [
            (name, tuple(_item(comparison, one, one in good) for one in rows[number]))
            for name, rows in across
        ]
        yield Asked(_item(comparison, row), tuple(found))


def _item(comparison: SpaceComparison, row: int, right: bool | None = None) -> Item:
    return as_item(comparison.inputs[comparison.half.rows[row]], right=right)
