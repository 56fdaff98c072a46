"""What evaluations on record say of two spaces, as far as they were judged alike."""

from __future__ import annotations

import json
from collections.abc import Iterable

from vecstore.evaluations import Evaluation, Figure
from vecstore.spaces import Space

Pair = tuple[Figure | None, Figure | None]
"""A figure of the live space and of the new one."""

# What must be equal for figures to be compared: protocol, data, seed and settings.
_Alike = tuple[str, str, int, str]


def recorded_figures(evaluations: Iterable[Evaluation], live: Space, new: Space) -> dict[str, Pair]:
    """Figures of two spaces by name.

    Two figures stand beside each other where they are of one protocol, the same data and seed, and
    the same settings but for the versions of libraries; of several such pairs the newest. A figure
    that has no such partner stands alone, and that of the new space alone where each has one.

    Args:
        evaluations: of both, oldest first.
    """
    ours: dict[_Alike, Evaluation] = {}
    theirs: dict[_Alike, Evaluation] = {}
    for one in evaluations:
        # Later ones take the place of earlier ones, and come last.
        for space, kept in ((live, ours), (new, theirs)):
            if one.space == space:
                kept.pop(_alike(one), None)
                kept[_alike(one)] = one
    found: dict[str, Pair] = {}
    for key in reversed([key for key in theirs if key in ours]):
        for name, figure in theirs[key].figures.items():
            if name in ours[key].figures:
                found.setdefault(name, (ours[key].figures[name], figure))
    for one in reversed(theirs.values()):
        for name, figure in one.figures.items():
            found.setdefault(name, (None, figure))
    for one in reversed(ours.values()):
        for name, figure in one.figures.items():
            found.setdefault(name, (figure, None))
    return found


def judging_commands(live: Space, new: Space, figure: str) -> str:
    """The commands that judge both spaces by the same data, so that there is such a figure."""
    data = "--pairs FILE" if figure.startswith("pairs.") else "--labelled DATA"
    by_transform: dict[str, list[str]] = {}
    for one in (live, new):
        by_transform.setdefault(one.transform_name, []).append(f"{one.model}@{one.version}")
    return "; ".join(
        f"vecstore evaluate {' '.join(names)} {data}" + (f" --transform {one}" if one else "")
        for one, names in by_transform.items()
    )


def _alike(one: Evaluation) -> _Alike:
    settings = {name: value for name, value in one.settings.items() if name != "versions"}
    return one.protocol, one.data.digest, one.seed, json.dumps(settings, sort_keys=True)
