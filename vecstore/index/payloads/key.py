"""The entries of one declared key, and which of them satisfy a condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.filters import (
    Comparison,
    Existence,
    Membership,
    Operand,
    Operator,
    Scalar,
    matches,
    scalars,
)
from vecstore.index.payloads.entries import Entries
from vecstore.index.payloads.runs import Flags, Floats, Integers, Run, Slots, Strings
from vecstore.instants import Instant, instant

# What is no number, string or moment. BARE is for a key that is there without a scalar.
_NULL, _FALSE, _TRUE, _BARE = range(4)
_SCALARS = {_NULL: (False, None), _FALSE: (True, False), _TRUE: (True, True)}

_TYPES = {
    "flags": Flags.of,
    "floats": Floats.of,
    "integers": Integers.of,
    "strings": Strings.of,
    "moments": Integers.of,
}
# Of each range: whether it says where values begin, and whether that is after those that are equal.
_RANGES = {
    Operator.GT: (True, True),
    Operator.GTE: (True, False),
    Operator.LT: (False, False),
    Operator.LTE: (False, True),
}

Condition = Comparison | Membership | Existence


class Gathered:
    """Entries of one key that are not in an index yet: for each type values, and slots."""

    __slots__ = ("columns", "repeated")

    def __init__(self) -> None:
        self.columns: dict[str, tuple[list[Any], list[int]]] = {name: ([], []) for name in _TYPES}
        self.repeated = False

    def put(self, name: str, value: Any, slot: int) -> None:
        """Add an entry, once for each value of a payload."""
        values, slots = self.columns[name]
        values.append(value)
        slots.append(slot)


class KeyIndex:
    """One declared key. One thread changes it; readers go by the lock of the index.

    Args:
        path: the way into a payload.
        moments: whether moments in time are kept.
    """

    __slots__ = ("columns", "moments", "path", "repeated")

    def __init__(self, path: tuple[str, ...], moments: bool) -> None:
        self.path = path
        self.moments = moments
        self.repeated = False
        self.columns = {name: Entries(make) for name, make in _TYPES.items()}

    def covers(self, condition: Condition) -> bool:
        """Whether a condition on this key can be answered."""
        match condition:
            case Comparison():
                value = condition.value
                if value is None or isinstance(value, bool):
                    return condition.operator not in _RANGES
                return self.moments or not isinstance(value, Instant)
            case Membership(_, values):
                return self.moments or not any(isinstance(one, Instant) for one in values)
            case Existence():
                return True

    def read(self, payload: Mapping[str, Any], slot: int, into: Gathered) -> None:
        """Gather the entries of one payload."""
        found = scalars(self.path, payload)
        if not found:
            if matches(Existence(self.path), payload):
                into.put("flags", _BARE, slot)
            return
        entries = [_entry(value) for value in found]
        if len(entries) > 1:
            into.repeated = True
            entries = list(dict.fromkeys(entries))
        for name, value in entries:
            into.put(name, value, slot)
        if self.moments:
            moments = {instant(value) for name, value in entries if name == "strings"}
            for moment in moments - {None}:
                into.put("moments", moment, slot)

    def add(self, gathered: Gathered, first: int) -> None:
        """Append entries whose slots count from ``first``. Under the exclusive lock."""
        self.repeated = self.repeated or gathered.repeated
        for name, (values, slots) in gathered.columns.items():
            if values:
                self.columns[name].add(values, [first + slot for slot in slots])

    def renumbered(self, numbers: Slots) -> KeyIndex:
        """The same with new numbers of slots, less the dead ones."""
        new = KeyIndex(self.path, self.moments)
        new.repeated = self.repeated
        new.columns = {name: one.renumbered(numbers) for name, one in self.columns.items()}
        return new

    def find(self, condition: Condition) -> list[Slots]:
        """Slots that satisfy a condition (other than ``$ne``), piece by piece. Under a lock.

        Dead ones are among them, and where ``repeated`` is set, one slot may be there twice.
        """
        match condition:
            case Existence():
                every = (one for name, one in self.columns.items() if name != "moments")
                return [run.slots for entries in every for run in entries]
            case Membership(_, values):
                return [piece for value in values for piece in self._equal(value)]
            case Comparison(_, Operator.EQ, value):
                return list(self._equal(value))
            case Comparison(_, Operator.PREFIX, value):
                return [
                    run.slots[slice(*run.beginning(str(value)))] for run in self.columns["strings"]
                ]
            case Comparison(_, Operator.CONTAINS, value):
                return [run.holding(str(value)) for run in self.columns["strings"]]
            case Comparison():
                return self.between([condition])

    def _equal(self, value: Operand) -> Iterator[Slots]:
        names, wanted = _sought(value)
        for name in names:
            for run in self.columns[name]:
                start, end = run.span(wanted)
                if start < end:
                    yield run.slots[start:end]

    def tallied(
        self, counting: NDArray[np.bool_], most: int
    ) -> dict[tuple[bool, Scalar], int] | None:
        """How many slots have each scalar, by whether it is a boolean; None for more values.

        Args:
            counting: by slot, whether it counts.
            most: values that there may be.
        """
        tally: dict[tuple[bool, Scalar], int] = {}
        for name in ("flags", "floats", "integers", "strings"):
            for run in self.columns[name]:
                # Values of the dead stand in the runs for a while.
                found = run.tallied(counting, 2 * most)
                if found is None:
                    return None
                for value, count in found:
                    shown = _SCALARS.get(value) if name == "flags" else (False, value)
                    if count and shown is not None:
                        tally[shown] = tally.get(shown, 0) + count
        return tally if len(tally) <= most else None

    def between(self, ranges: Sequence[Comparison]) -> list[Slots]:
        """Slots of values that satisfy all of some ranges over one type, piece by piece."""
        names = _sought(ranges[0].value)[0]
        return [
            run.slots[slice(*_limits(run, ranges))] for name in names for run in self.columns[name]
        ]


def is_range(condition: object) -> bool:
    """Whether a condition is a range, so that two of them on one value are a narrower one."""
    return isinstance(condition, Comparison) and condition.operator in _RANGES


def type_of(condition: Comparison) -> Sequence[str]:
    """The types of value among which a range is looked for."""
    return _sought(condition.value)[0]


def _limits(run: Run, ranges: Sequence[Comparison]) -> tuple[int, int]:
    """The places that lie within all ranges: from, until."""
    first, last = 0, len(run.slots)
    for one in ranges:
        begins, after = _RANGES[one.operator]
        place = run.place(_sought(one.value)[1], after=after)
        if begins:
            first = max(first, place)
        else:
            last = min(last, place)
    return first, max(first, last)


def _entry(value: Any) -> tuple[str, Any]:
    """The type under which a scalar is kept, and the value there."""
    if value is None:
        return "flags", _NULL
    if isinstance(value, bool):
        return "flags", _TRUE if value else _FALSE
    if isinstance(value, str):
        return "strings", value
    return ("floats", float(value)) if float(value) == value else ("integers", value)


def _sought(value: Operand) -> tuple[Sequence[str], Any]:
    """The types among which an operand is looked for, and the value there."""
    if isinstance(value, str):
        return ("strings",), value
    if isinstance(value, Instant):
        return ("moments",), value.microseconds
    if value is None or isinstance(value, bool):
        return ("flags",), _entry(value)[1]
    return ("floats", "integers"), value
