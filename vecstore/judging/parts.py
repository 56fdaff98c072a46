"""The parts of a store that judging needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vecstore.config import Settings
from vecstore.models import Models
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.evaluations import Evaluations
from vecstore.storage.reads import Reader
from vecstore.transforming import Transforms


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a store that judging needs.

    Args:
        models: the store's releases.
        transforms: what may be done to their vectors.
        evaluations: what was found out.
        reader: reads stored vectors.
        settings: limits.
        row: (name) -> the row of a collection; raises CollectionNotFound.
    """

    models: Models
    transforms: Transforms
    evaluations: Evaluations
    reader: Reader
    settings: Settings
    row: Callable[[str], CollectionRow]
