"""The picture of what a dimension costs: recall and accuracy over bytes a vector."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vecstore.errors import InvalidArgument
from vecstore.evaluation.dimensions import Price
from vecstore.evaluation.needs import require_libraries
from vecstore.evaluation.reductions import Method
from vecstore.evaluations import Figure
from vecstore.judging.dimensions.values import Dimensions
from vecstore.judging.report.writing import require_writable, write_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WHAT, _ENDING = "plot", ".png"
_INK, _FAINT = "#222222", "#888888"
# Okabe and Ito's colours, told apart by people who see colours differently; shapes differ too.
_LINES = {
    Method.TRUNCATE: ("#0072b2", "o"),
    Method.PCA: ("#d55e00", "s"),
    Method.RANDOM: ("#009e73", "^"),
}
_POINTS = {
    Method.HALF: ("half precision (forecast)", "D"),
    Method.INT8: ("int8 (forecast)", "P"),
    Method.SIGN: ("sign (forecast)", "X"),
}
_PRECISION = "#7f3c8d"
_SHARES = ((0.99, (0, (1, 2))), (0.95, (0, (5, 3))))
_SIZE, _HEIGHT, _DPI = 5.0, 4.4, 110
_COLUMNS = {1: 2, 2: 3}  # of the legend, by panels


def check_plot(path: Path) -> None:
    """Check, before long work, that a picture can be drawn and written.

    Raises:
        InvalidArgument: no PNG, no place for it, or matplotlib is not installed.
    """
    if path.suffix.lower() != _ENDING:
        raise InvalidArgument(
            f"the plot {path} would not be a PNG file; give a name that ends with {_ENDING}",
            field="plot",
        )
    require_writable(path, _WHAT, _ENDING)
    require_libraries()


def write_plot(path: Path, found: Dimensions) -> None:
    """Draw a PNG file, whole or not at all.

    Args:
        path: of the file; see :func:`check_plot`.
        found: what is drawn.

    Raises:
        InvalidArgument: it cannot be written.
    """
    from matplotlib.figure import Figure as Picture

    panels: list[tuple[str, Callable[[Price], Figure | None]]] = [
        ("recall@10 against the full vectors", lambda one: one.recall)
    ]
    if found.full.accuracy is not None:
        told = f"accuracy of the nearest of {found.samples} samples a class"
        panels.append((told, lambda one: one.accuracy))
    picture = Picture(figsize=(_SIZE * len(panels), _HEIGHT), layout="constrained", facecolor="w")
    drawn: Sequence[Any] = picture.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, of) in zip(drawn, panels, strict=True):
        _panel(axes, found, of)
        axes.set_title(title, fontsize=10, color=_INK)
    picture.suptitle(
        f"{found.space.model}@{found.space.version} on {_plain(found.data.name)}: "
        "the price of a dimension",
        fontsize=11,
        color=_INK,
        parse_math=False,
    )
    handles, names = drawn[0].get_legend_handles_labels()
    picture.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=_COLUMNS[len(panels)],
        fontsize=9,
        frameon=False,
    )
    drawing = io.BytesIO()
    picture.savefig(drawing, format="png", dpi=_DPI)
    write_file(path, drawing.getvalue(), _WHAT)


def _panel(axes: Axes, found: Dimensions, of: Callable[[Price], Figure | None]) -> None:
    full = of(found.full)
    for share, dashes in _SHARES if full else ():
        axes.axhline(
            share * full.value,  # type: ignore[union-attr]
            color=_FAINT,
            linewidth=1,
            linestyle=dashes,
            label=f"{share:.0%} of the full vectors",
            zorder=1,
        )
    for method, (colour, marker) in _LINES.items():
        line = [one for one in found.prices if one.method in (Method.FULL, method)]
        if len(line) > 1:
            _draw(axes, line, of, label=method.words, color=colour, marker=marker, linewidth=1.6)
    for method, (name, marker) in _POINTS.items():
        points = [one for one in found.prices if one.method is method]
        style = {"color": _PRECISION, "markerfacecolor": "white", "markersize": 8, "zorder": 4}
        _draw(axes, points, of, label=name, marker=marker, linestyle="none", **style)
    _draw(axes, [found.full], of, label="full", color=_INK, marker="*", markersize=11, zorder=5)
    _frame(axes, sorted({one.bytes for one in found.prices}))


def _draw(
    axes: Axes, prices: Sequence[Price], of: Callable[[Price], Figure | None], **style: Any
) -> None:
    figures = [(one.bytes, figure) for one in prices if (figure := of(one)) is not None]
    if figures:
        ends = [_ends(figure) for _, figure in figures]
        axes.errorbar(
            [at for at, _ in figures],
            [figure.value for _, figure in figures],
            yerr=[list(side) for side in zip(*ends, strict=True)],
            elinewidth=1,
            **style,
        )


def _ends(figure: Figure) -> tuple[float, float]:
    """How far its interval reaches below and above it; none of a figure that has none."""
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    return max(0.0, figure.value - low), max(0.0, high - figure.value)


def _frame(axes: Axes, ticks: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [f"{one:,}" for one in ticks], rotation=45 if len(ticks) > 6 else 0)  # noqa: PLR2004
    axes.set_xticks([], minor=True)
    axes.set_xlabel("bytes a vector (a dimension in float32 has 4)", fontsize=10, color=_INK)
    axes.tick_params(labelsize=9, color=_FAINT, labelcolor=_INK)
    axes.grid(visible=True, axis="y", color=_FAINT, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_FAINT)


def _plain(name: str) -> str:
    """A file's name, as a picture can show it."""
    shown = "".join(char if char.isprintable() else "?" for char in name)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."  # noqa: PLR2004
