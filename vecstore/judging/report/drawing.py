"""What all pictures of a page have in common: one palette, one frame, and the way into the page.

Pictures hold no words of others: names and labels stand beside them in the page, where they are
escaped, wrap, and are found by a search. matplotlib's pyplot is never touched, so nothing global
changes.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Paul Tol's "bright", told apart by people who see colours differently, on white and on black.
PALETTE = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
MARKERS = ("o", "^")
GREY = "#999999"
# Becomes the colour of the page's text, light or dark.
_INK = "#010203"
_FAINT = "#888888"

MOST_STYLES = len(PALETTE) * len(MARKERS)


def style(number: int) -> tuple[str, str]:
    """Colour and marker of a class by its number; grey beyond :data:`MOST_STYLES`."""
    if number >= MOST_STYLES:
        return GREY, "."
    return PALETTE[number % len(PALETTE)], MARKERS[number // len(PALETTE)]


def new_figure(width: float, height: float, **grid: Any) -> tuple[Figure, Any]:
    """An empty figure and its axes; width and height in inches, ``grid`` as for ``subplots``."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
    figure = Figure(figsize=(width, height), layout=layout)
    figure.patch.set_alpha(0.0)
    return figure, figure.subplots(**grid)


def plain(axes: Axes, *, ticks: bool = True) -> None:
    """The frame of a picture: thin, without a box; without ticks where the numbers mean nothing."""
    axes.set_facecolor("none")
    for side, spine in axes.spines.items():
        spine.set_visible(ticks and side in {"left", "bottom"})
        spine.set_color(_FAINT)
    axes.tick_params(colors=_INK, labelsize=9, color=_FAINT)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(_INK)
        text.set_fontsize(10)
    if ticks:
        axes.grid(visible=True, axis="y", color=_FAINT, alpha=0.25, linewidth=0.6)
        axes.set_axisbelow(True)
    else:
        axes.set_xticks([])
        axes.set_yticks([])


def inline_svg(figure: Figure, told: str) -> str:
    """A figure as an ``<svg>`` element to stand in a page, which names no address.

    Args:
        figure: of which no text is anybody else's: the page takes this as it is.
        told: what it shows, for people who do not see it; plain words, without markup.
    """
    packed = io.StringIO()
    figure.savefig(packed, format="svg", metadata={"Date": None}, transparent=True)
    _, _, drawn = packed.getvalue().partition("<svg")
    drawn = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r' (xmlns(:xlink)?|width|height|version)="[^"]*"', "", drawn, count=5)
    # Places need no more decimals; scales, which are small numbers, do.
    drawn = re.sub(r"(\d{2,}\.\d{2})\d+", r"\1", drawn).replace(_INK, "currentColor")
    from markupsafe import Markup

    return Markup(f'<svg role="img" aria-label="{told}"{drawn}')  # noqa: S704 - drawn here


def png(figure: Figure) -> bytes:
    """A figure as a small PNG file, on white."""
    from PIL import Image

    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.patch.set_alpha(1.0)
    figure.savefig(drawn, format="png", dpi=110, facecolor="white")
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(128).save(packed, "PNG", optimize=True)
    return packed.getvalue()
