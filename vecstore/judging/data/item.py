"""One input before it is read, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from vecstore.errors import InvalidInput
from vecstore.judging.data.columns import LABEL
from vecstore.records import Input
from vecstore.training.data.cells import cell_text, is_missing
from vecstore.training.data.rows import Origin


@dataclass(frozen=True, slots=True)
class Item:
    """One input before it is read.

    Args:
        place: how messages call it.
        read: gives it; raises InvalidInput where it cannot be used.
        label: its label; empty where there is none.
        flaw: what is wrong with the label; None for nothing.
        row: the columns that it came with.
    """

    place: str
    read: Callable[[], Input]
    label: str = ""
    flaw: InvalidInput | None = None
    row: Mapping[str, Any] | None = None


def labelled_item(item: Item, label: object, origin: Origin, number: int, where: str) -> Item:
    """An item with its label, or with what is wrong with it."""
    try:
        text = "" if is_missing(label) else cell_text(label, origin, number, LABEL).strip()
    except InvalidInput as why:
        return replace(item, flaw=without_place(origin.at(number), why))
    if text:
        return replace(item, label=text)
    found = f"there is no label {where}".rstrip()
    return replace(item, flaw=InvalidInput(f"{found}; every input needs one", field="data"))


def without_place(place: str, why: InvalidInput) -> InvalidInput:
    """What is wrong with an input, without its place, which is said before it."""
    return InvalidInput(f"it {why.message.removeprefix(f'{place} ')}", **why.details)


def fail(why: InvalidInput) -> NoReturn:
    """Raise, where an input is read, what is known to be wrong with it."""
    raise why
