"""Cells of a table as text."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal

from vecstore.errors import InvalidInput
from vecstore.inputs import MAX_INT, shorten, text_flaw
from vecstore.training.data.rows import Origin

_WHOLE = re.compile(r"-?\d+\.0+")


def cell_text(value: object, origin: Origin, number: int, column: str) -> str:
    """A cell as text, the same for the same value whatever form it came in.

    Args:
        value: text as it is, numbers and truth values as JSON writes them, but 7.0 as 7, as an
            encoder of categories takes it; None and NaN are missing values, and so empty.
        origin, number, column: its place, for messages.

    Raises:
        InvalidInput: nothing that has a text, or a text with a NUL character.
    """
    text = str(value) if isinstance(value, str) else _written(value)
    if text is None:
        raise InvalidInput(
            f"{origin.at(number)} holds {shorten(value)}, a {type(value).__name__}, in the column "
            f"{column!r}; a text, a number or nothing is needed",
            field="data",
        )
    flaw = text_flaw(text)
    if flaw:
        raise InvalidInput(
            f"{origin.at(number)} contains {flaw} in the column {column!r}; remove it",
            field="data",
        )
    return text


def is_missing(value: object) -> bool:
    """Whether a cell is a gap: None, or the NaN that data frames put there."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def whole_numbers(cells: list[str]) -> list[str]:
    """A column's cells; ``7.0`` becomes ``7`` where every cell that is not empty is of this form.

    That is what whole numbers become in tables that have gaps, and encoders are asked for 7.
    """
    forms = set(cells) - {""}
    if not forms or not all(_WHOLE.fullmatch(form) for form in forms):
        return cells
    whole = {form: form.partition(".")[0] for form in forms} | {"": ""}
    return [whole[cell] for cell in cells]


def _written(value: object) -> str | None:
    """A value that is no text, written; None where it cannot be."""
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        value = value.item()
    if value is None or value != value:  # noqa: PLR0124 - NaN alone differs from itself
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INT:
        value = int(value)
    return str(value) if isinstance(value, str | int | float | date | Decimal) else None
