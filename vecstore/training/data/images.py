"""Images for a training, alone or with labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.tasks import ImageData
from vecstore.training.data.cells import cell_text, whole_numbers
from vecstore.training.data.columns import DataColumns
from vecstore.training.data.decoding import decode
from vecstore.training.data.digest import image_digest
from vecstore.training.data.image_cells import CellReader
from vecstore.training.data.image_entries import Entries, EntryReader
from vecstore.training.data.image_rules import STOP, ImageRules, Refusals
from vecstore.training.data.pixel_shelf import PixelShelf
from vecstore.training.data.rows import Origin

_FEWEST_CLASSES = 2


@dataclass(frozen=True, slots=True)
class _Placed:
    """An image of which all is well; ``number`` is its place on the shelf."""

    name: str
    label: str
    number: int = 0
    sha256: bytes = b""


def read_images(
    data: object, columns: DataColumns, settings: Settings, rules: ImageRules
) -> ImageData:
    """Images alone; see :func:`vecstore.training.data.read_data`."""
    cells = CellReader.of(settings, rules.folder)
    entries = EntryReader(cells, columns, columns.for_images()).find(data)
    refusals, shelf = Refusals(rules), PixelShelf(rules.frame.side)
    placed = _place(entries, shelf, refusals, settings, rules)
    refusals.require_some(len(placed), f"{entries.name} holds no image (PNG, JPEG or WebP)")
    return _image_data(placed, None, shelf, refusals)


def read_labelled(
    data: object, columns: DataColumns, settings: Settings, rules: ImageRules
) -> ImageData:
    """Images with labels; see :func:`vecstore.training.data.read_data`."""
    image, label = columns.for_labelled()
    cells = CellReader.of(settings, rules.folder)
    reader = EntryReader(cells, columns, image, label, partial(_label, label), classes=True)
    entries = reader.find(data)
    refusals, shelf = Refusals(rules), PixelShelf(rules.frame.side)
    if rules.on_error == STOP and isinstance(entries.items, list):
        # Told before all of them are decoded, which may take long.
        _require_company([_Placed(one.name, one.word) for one in entries.items], refusals)
    placed = _place(entries, shelf, refusals, settings, rules)
    placed = _require_company(placed, refusals)
    refusals.require_some(len(placed), f"{entries.name} holds no image (PNG, JPEG or WebP)")
    labels = whole_numbers([one.label for one in placed])
    if len(set(labels)) < _FEWEST_CLASSES:
        raise InvalidInput(
            f"all {len(labels):,} images of {entries.name} that can be used have the same label, "
            f"{labels[0]!r}; give images of at least two classes",
            field="data",
        )
    return _image_data(placed, labels, shelf, refusals)


def _place(
    entries: Entries,
    shelf: PixelShelf,
    refusals: Refusals,
    settings: Settings,
    rules: ImageRules,
) -> list[_Placed]:
    placed = []
    with closing(decode(entries, rules, settings.max_image_pixels)) as outcomes:
        for entry, outcome in outcomes:
            if isinstance(outcome, InvalidInput):
                refusals.add(entry.name, outcome)
            else:
                number = shelf.add(outcome.pixels)
                placed.append(_Placed(entry.name, entry.word, number, outcome.sha256))
    return placed


def _require_company(placed: Sequence[_Placed], refusals: Refusals) -> list[_Placed]:
    """Those of classes with several images; of a single one, nothing could be held out."""
    counts = Counter(one.label for one in placed if one.label)
    kept = []
    for one in placed:
        if counts[one.label] == 1:
            why = f"it is the only image of the class {one.label!r}, and none could be held out"
            refusals.add(one.name, InvalidInput(why, field="data"))
        else:
            kept.append(one)
    return kept


def _image_data(
    placed: Sequence[_Placed],
    labels: Sequence[str] | None,
    shelf: PixelShelf,
    refusals: Refusals,
) -> ImageData:
    pixels = shelf.pixels([one.number for one in placed])
    digest = image_digest([one.sha256 for one in placed], labels)
    return ImageData(pixels, digest, labels, refusals.count)


def _label(column: str, cell: Any, origin: Origin, number: int) -> str:
    label = cell_text(cell, origin, number, column).strip()
    if not label:
        raise InvalidInput("it has no label", field="data")
    return label
