"""What is to be predicted: a number, or one of several classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidInput
from vecstore.inputs import shorten
from vecstore.tasks import TableData

# A numeric target with more values than this is taken for a quantity.
MOST_CLASSES = 20


@dataclass(frozen=True, slots=True)
class Target:
    """A target, ready to be learnt.

    Args:
        values: float64 numbers, or int64 numbers of classes; shape (rows,).
        labels: the classes' texts; empty for regression.
    """

    values: NDArray[np.float64] | NDArray[np.int64]
    labels: tuple[str, ...] = ()

    @property
    def regression(self) -> bool:
        """Whether it is a number."""
        return not self.labels


def read_target(data: TableData, kind: str) -> Target:
    """The target of a table.

    Args:
        data: the table.
        kind: "regression", "classes", or "auto": regression where every text is a number and there
            are more than 20 of them.

    Raises:
        InvalidInput: it is missing in a row, has one value only, is no number where regression is
            asked for, or has about as many classes as rows.
    """
    name, texts = data.target_name, data.target
    for number, text in enumerate(texts, 1):
        if not text.strip():
            raise InvalidInput(
                f"the target {name!r} is missing in row {number}; leave rows without one out",
                field="target",
            )
    numbers = [_number(text) for text in texts]
    bad = next((row for row, number in enumerate(numbers) if number is None), None)
    if kind == "auto":
        many = bad is None and len(set(numbers)) > MOST_CLASSES
        kind = "regression" if many else "classes"
    if kind == "classes":
        return _classes(name, texts)
    if bad is not None:
        raise InvalidInput(
            f"the target {name!r} is {shorten(texts[bad])} in row {bad + 1}, which is no number, "
            "and the option kind is regression; set kind=classes, or mend the row",
            field="target",
        )
    values = np.array(numbers, np.float64)
    if len(set(numbers)) == 1:
        raise _constant(name, texts)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(values.std())
    if not math.isfinite(spread) or spread == 0.0:
        raise InvalidInput(
            f"the target {name!r} goes from {values.min():g} to {values.max():g}, which cannot be "
            "computed with; scale it",
            field="target",
        )
    return Target(values)


def _classes(name: str, texts: Sequence[str]) -> Target:
    labels = sorted(set(texts))
    if len(labels) == 1:
        raise _constant(name, texts)
    if len(labels) > len(texts) // 2:
        raise InvalidInput(
            f"the target {name!r} has {len(labels)} different texts in {len(texts)} rows, so there "
            "is nothing to learn from others; choose a target whose values recur, or "
            "kind=regression for numbers",
            field="target",
        )
    numbers = {label: number for number, label in enumerate(labels)}
    return Target(np.array([numbers[text] for text in texts], np.int64), tuple(labels))


def _constant(name: str, texts: Sequence[str]) -> InvalidInput:
    return InvalidInput(
        f"the target {name!r} is {shorten(texts[0])} in every row, so there is nothing to predict; "
        "choose another target",
        field="target",
    )


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    # Python reads 1_000 as a number; files do not mean it.
    return number if math.isfinite(number) and "_" not in text else None
