"""What may be asked of ``calibrate``, and what is kept of the queries that come with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vecstore.calibrations import Measure, as_measure
from vecstore.errors import InvalidArgument, InvalidFilter
from vecstore.familiarity.scale import FEWEST
from vecstore.filters import Comparison, parse
from vecstore.inputs import shorten
from vecstore.spaces import FloatArray
from vecstore.storage.calibrations import (
    SUPPLIED,
    USED,
    CalibrationRows,
    CalibrationSettings,
)

MOST_KEPT = 1000
"""Vectors of queries that are kept of each source."""

_LONGEST_KEY = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different.

    Args:
        measure, label_key, gather: None to leave it as it is.
        clear: forget everything first.
    """

    measure: Measure | None = None
    label_key: str | None = None
    gather: bool | None = None
    clear: bool = False

    def settings(self, before: CalibrationSettings) -> CalibrationSettings:
        """The settings after it.

        Raises:
            InvalidArgument: a measure that needs classes and no label key, or the opposite.
        """
        said = CalibrationSettings() if self.clear else before
        if self.gather is not None:
            said = replace(said, gathers=self.gather)
        measure = self.measure or said.measure
        if self.label_key is not None and self.measure is None and measure is Measure.NEAREST:
            measure = Measure.PROTOTYPES
        if measure is Measure.NEAREST:
            if self.label_key is not None:
                raise InvalidArgument(
                    "the measure nearest knows no classes, and the label key "
                    f"{shorten(self.label_key)} was given; leave it out, or choose prototypes or "
                    "mahalanobis",
                    field="label_key",
                )
            return replace(said, measure=measure, label_key=None)
        key = self.label_key or said.label_key
        if key is None:
            raise InvalidArgument(
                f"the measure {measure} needs classes; name the key of the payload that holds "
                "them as label_key",
                field="label_key",
            )
        return replace(said, measure=measure, label_key=key)

    def rows(self, before: CalibrationRows, supplied: FloatArray | None) -> CalibrationRows:
        """What is on record after it.

        Args:
            before: what is on record now.
            supplied: new queries; None to leave them as they are.

        Raises:
            InvalidArgument: see :meth:`settings`.
        """
        said = self.settings(before.settings)
        queries = {} if self.clear else dict(before.queries)
        if not said.gathers:
            queries.pop(USED, None)
        if supplied is not None:
            queries[SUPPLIED] = supplied
        return CalibrationRows(said, queries)


def change(measure: str | None, label_key: str | None, gather: bool | None, clear: bool) -> Change:
    """A checked request.

    Raises:
        InvalidArgument: no such measure, or a label key that names nothing.
    """
    for name, value in (("gather", gather), ("clear", clear)):
        if value is not None and not isinstance(value, bool):
            raise InvalidArgument(
                f"{name} is {shorten(value)}; True or False is needed", field=name
            )
    if label_key is not None:
        label_path(label_key)
    return Change(as_measure(measure), label_key, gather, clear)


def label_path(key: object) -> tuple[str, ...]:
    """The way into a payload that a key names, with dots as in filters.

    Raises:
        InvalidArgument: it names none.
    """
    try:
        named = isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY
        tree = parse({str(key): ""}) if named else None
    except InvalidFilter:
        tree = None
    if not isinstance(tree, Comparison):
        raise InvalidArgument(
            f"label_key is {shorten(key)}; the name of a key of the payload is needed, such as "
            f"'kind' or 'source.kind', of at most {_LONGEST_KEY:,} characters",
            field="label_key",
        )
    return tree.path


def evenly(count: int, most: int = MOST_KEPT) -> list[int]:
    """Up to ``most`` numbers below ``count``, evenly spread."""
    if count <= most:
        return list(range(count))
    return [int(place) for place in np.linspace(0, count - 1, most).round()]


def require_enough(count: int) -> None:
    """Raise InvalidArgument where so many different queries are too few."""
    if count < FEWEST:
        raise InvalidArgument(
            f"{count} different queries calibrate nothing; at least {FEWEST} are needed: give "
            "more ordinary ones",
            field="queries",
        )
