"""Labels as numbers, and a share of every class held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidInput

Numbers = NDArray[np.int64]


def numbered(labels: Sequence[str]) -> tuple[list[str], Numbers]:
    """The classes in their order, and the number of each label's class.

    Raises:
        InvalidInput: fewer than two classes.
    """
    classes = sorted(set(labels))
    if len(classes) < 2:  # noqa: PLR2004 - one class is nothing to tell apart
        shown = f" ({classes[0]!r})" if classes else ""
        raise InvalidInput(
            f"there are {len(classes)} classes{shown}; two or more are needed to learn what tells "
            "them apart: give one folder, or one label, for each",
            field="data",
        )
    number = {name: place for place, name in enumerate(classes)}
    return classes, np.array([number[label] for label in labels], dtype=np.int64)


def held_out_of_each(labels: Numbers, share: float, seed: int) -> tuple[Numbers, Numbers]:
    """Numbers of the images to train on, and of those to judge by, both ascending.

    Of each class about this share is held out, and one image at least. The only image of a class
    is trained on.

    Args:
        labels: shape (n,): the class of each image.
        share: 0 for none.
        seed: of the choice.

    Raises:
        InvalidInput: some are to be held out, and no class has two images.
    """
    draw = np.random.default_rng(seed)
    judged: list[int] = []
    for one in np.unique(labels) if share else ():
        members = draw.permutation(np.flatnonzero(labels == one))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        judged.extend(members[:count].tolist())
    if share and not judged:
        raise InvalidInput(
            f"there are {len(labels)} images, no two of one class, and some are to be held out: "
            "give more images of each class, or set validation to 0",
            field="data",
        )
    every = np.arange(len(labels))
    chosen = np.array(sorted(judged), dtype=np.int64)
    return np.setdiff1d(every, chosen), chosen
