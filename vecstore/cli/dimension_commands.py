"""The commands that make a reduction real."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vecstore.evaluation.dimensions import Price
    from vecstore.spaces import Space

_FOREIGN = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 48


def commands(
    price: Price, space: Space, *, seed: int, data: Sequence[str], store: Sequence[str]
) -> list[str]:
    """The commands, in order; none for the full vectors, or a forecast.

    Args:
        price: the reduction.
        space: of the encoder.
        seed: of random projections.
        data: the words that name the data, such as ``["--on", "texts.csv"]``.
        store: the words that name the store, such as ``["--data", "folder"]``.
    """
    model = _name(space)
    fit = ["vecstore", "transforms", "fit", space.name, f"--{price.method}", str(price.dim)]
    match price.method:
        case "truncate":
            transform, made = f"truncate-{price.dim}", []
        case "pca":
            transform = f"{model}-pca{price.dim}"
            made = [[*fit, *data, "--name", transform, *store]]
        case "random":
            transform = f"{model}-random{price.dim}"
            made = [[*fit, "--seed", str(seed), "--name", transform, *store]]
        case _:
            return []
    name = transform if price.method != "truncate" else f"{model}-{transform}"
    create = ["vecstore", "collections", "create", name, "--encoder", space.name]
    return [shlex.join(one) for one in (*made, [*create, "--transform", transform, *store])]


def _name(space: Space) -> str:
    """What names of transforms and collections begin with; releases after the first have others."""
    version = "" if space.version == "1" else f"-{space.version}"
    return _FOREIGN.sub("-", space.model[:_LONGEST] + version[:_LONGEST])
