"""Images with texts, for a training."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import Any

import numpy as np

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.tasks import PairData
from vecstore.training.data.cells import is_missing
from vecstore.training.data.columns import DataColumns
from vecstore.training.data.decoding import decode
from vecstore.training.data.digest import pair_digest
from vecstore.training.data.image_cells import CellReader
from vecstore.training.data.image_entries import EntryReader
from vecstore.training.data.image_rules import ImageRules, Refusals
from vecstore.training.data.passages import passage_of
from vecstore.training.data.pixel_shelf import PixelShelf
from vecstore.training.data.rows import Origin


def read_pairs(
    data: object, columns: DataColumns, settings: Settings, rules: ImageRules
) -> PairData:
    """Images with texts; see :func:`vecstore.training.data.read_data`."""
    image, text = columns.for_pairs()
    cells = CellReader.of(settings, rules.folder)
    read_text = partial(_text, settings.max_text_bytes)
    entries = EntryReader(cells, columns, image, text, read_text).find(data)
    refusals, shelf = Refusals(rules), PixelShelf(rules.frame.side)
    places: dict[bytes, int] = {}  # an image is kept once, from wherever it comes
    digests: list[bytes] = []
    texts: list[str] = []
    with closing(decode(entries, rules, settings.max_image_pixels, once=True)) as outcomes:
        for entry, outcome in outcomes:
            if isinstance(outcome, InvalidInput):
                refusals.add(entry.name, outcome)
                continue
            if outcome.sha256 not in places:
                places[outcome.sha256] = shelf.add(outcome.pixels)
            digests.append(outcome.sha256)
            texts.append(entry.word)
    refusals.require_some(len(texts), f"{entries.name} holds no image with a text")
    image_of = np.array([places[digest] for digest in digests], np.int64)
    pixels = shelf.pixels(range(len(shelf)))
    return PairData(pixels, texts, image_of, pair_digest(digests, texts), refusals.count)


def _text(limit: int, cell: Any, origin: Origin, number: int) -> str:
    text = "" if is_missing(cell) else passage_of(cell, origin, number, limit)
    if not text:
        raise InvalidInput("it has no text", field="data")
    return text
