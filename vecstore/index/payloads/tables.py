"""All declared keys of one field: slots of live labels, and filters answered by them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vecstore.filters import (
    And,
    Comparison,
    Existence,
    Filter,
    Membership,
    Not,
    Operator,
    Or,
    Scalar,
    key_path,
)
from vecstore.index.columns import Column, Labels
from vecstore.index.payloads.entries import NO_SLOTS
from vecstore.index.payloads.key import Gathered, KeyIndex, is_range, type_of
from vecstore.index.payloads.runs import Slots
from vecstore.index.places import NOWHERE, Places
from vecstore.payload_indexes import IndexType, PayloadIndex

Path = tuple[str, ...]

# Sets that are small against all slots are sorted; larger ones are marked in an array of them all.
_FEW = 16
_DEAD_SHARE, _FEWEST_DEAD = 0.25, 1024


class Written(NamedTuple):
    """Payloads to be put in, by label, parsed; see :meth:`PayloadTables.read`."""

    labels: Labels
    gathered: Mapping[Path, Gathered]


class PayloadTables:
    """What the payloads of a field's live labels hold under declared keys.

    One thread changes it, under the exclusive lock of the index wherever a reader could see it;
    readers hold the lock shared.

    Args:
        keys: the path of every declared key, and whether its moments are kept.
    """

    def __init__(self, keys: Mapping[Path, bool]) -> None:
        self.keys = {path: KeyIndex(path, moments) for path, moments in keys.items()}
        self._labels = Column(np.int64)
        self._alive = Column(np.bool_)
        self._places = Places()
        self._dead = 0

    def covers(self, filter_: Filter) -> bool:
        """Whether a filter can be answered by the declared keys alone."""
        match filter_:
            case Comparison() | Membership() | Existence():
                key = self.keys.get(filter_.path)
                return key is not None and key.covers(filter_)
            case And() | Or():
                return all(map(self.covers, filter_.filters))
            case Not(part):
                return self.covers(part)

    def satisfying(self, filter_: Filter) -> Labels:
        """Labels whose payloads satisfy a covered filter, each once. Under a lock."""
        found: Labels = self._labels.array[self._find(filter_)]
        return found

    def tallied(
        self, path: Path, filter_: Filter | None, most: int
    ) -> dict[tuple[bool, Scalar], int] | None:
        """How many payloads have each value of a key; None where there are more. Under a lock.

        Args:
            path: of a declared key.
            filter_: a covered one; only payloads that satisfy it count.
            most: values that there may be.
        """
        counting = self._alive.array if filter_ is None else self._marked(self._find(filter_))
        return self.keys[path].tallied(counting, most)

    def read(self, payloads: Iterable[tuple[int, str]]) -> Written:
        """Parse payloads, JSON text by label, each label once. Changes nothing, needs no lock."""
        gathered = {path: Gathered() for path in self.keys}
        labels = []
        for slot, (label, text) in enumerate(payloads):
            labels.append(label)
            payload = json.loads(text)
            for path, key in self.keys.items():
                key.read(payload, slot, gathered[path])
        return Written(np.array(labels, np.int64), gathered)

    def put(self, written: Written) -> None:
        """Payloads of labels, new ones or others than before. Under the exclusive lock."""
        labels, first = written.labels, len(self._labels)
        slots = np.arange(first, first + len(labels), dtype=np.int32)
        self._labels.extend(labels)
        self._alive.extend(np.ones(len(labels), np.bool_))
        known = self._places.get(labels)
        new = known == NOWHERE
        order = np.argsort(labels[new], kind="stable")
        self._places.put(labels[new][order], slots[new][order])
        for label, slot, before in zip(
            labels[~new].tolist(), slots[~new].tolist(), known[~new].tolist(), strict=True
        ):
            self._bury(before)
            self._places.move(label, slot)
        for path, gathered in written.gathered.items():
            self.keys[path].add(gathered, first)

    def drop(self, labels: Sequence[int]) -> None:
        """Labels that died; others are passed over. Under the exclusive lock."""
        for slot in self._places.get(np.array(labels, np.int64)).tolist():
            if slot != NOWHERE:
                self._bury(slot)

    def settle(self) -> list[Any]:
        """Runs for entries that came in; to be put in place with :meth:`settled`. No lock."""
        return [
            (entries, entries.settled())
            for key in self.keys.values()
            for entries in key.columns.values()
            if entries.loose
        ]

    @property
    def crowded(self) -> bool:
        """Whether so many slots are dead that it should be written anew: :meth:`renewed`."""
        return self._dead > max(_FEWEST_DEAD, _DEAD_SHARE * len(self._labels))

    def renewed(self) -> PayloadTables:
        """The same without dead slots. Changes nothing, needs no lock."""
        new = PayloadTables({})
        alive = self._alive.array
        at = np.flatnonzero(alive)
        # Slots ascend with labels again, which a payload written later broke.
        at = at[np.argsort(self._labels.array[at], kind="stable")]
        numbers = np.full(len(alive), NOWHERE, np.int32)
        numbers[at] = np.arange(len(at), dtype=np.int32)
        labels = self._labels.array[at]
        new._labels.extend(labels)
        new._alive.extend(np.ones(len(at), np.bool_))
        new._places.put(labels, np.arange(len(at), dtype=np.int32))
        new.keys = {path: key.renumbered(numbers) for path, key in self.keys.items()}
        return new

    def _bury(self, slot: int) -> None:
        alive: NDArray[np.bool_] = self._alive.array
        if alive[slot]:
            alive[slot] = False
            self._dead += 1

    def _find(self, filter_: Filter) -> Slots:
        """Live slots that satisfy a filter, each once, in no order."""
        match filter_:
            case And():
                return self._every(filter_.filters)
            case Or(parts):
                return self._distinct([self._find(part) for part in parts])
            case Not(part):
                return self._others(self._find(part))
            case Comparison(path, Operator.NE, value):
                return self._others(self._find(Comparison(path, Operator.EQ, value)))
            case Comparison(path) | Membership(path) | Existence(path):
                return self._single(self.keys[path], filter_)

    def _single(self, key: KeyIndex, condition: Comparison | Membership | Existence) -> Slots:
        pieces = key.find(condition)
        if key.repeated or (isinstance(condition, Membership) and len(pieces) > 1):
            found = self._distinct(pieces)
        else:
            found = _joined(pieces)
        return self._live(found)

    def _every(self, parts: Sequence[Filter]) -> Slots:
        """Those that satisfy all parts: the sets that are smallest first, and negations last."""
        singles, ranges, negated = self._narrowed(parts)
        found = [self._find(part) for part in singles]
        for (path, _), group in ranges.items():
            found.append(self._live(_joined(self.keys[path].between(group))))
        found.sort(key=len)
        kept = found[0] if found else np.flatnonzero(self._alive.array).astype(np.int32)
        for other in found[1:]:
            kept = self._among(kept, other)
        for part in negated:
            kept = kept[~self._marked(self._find(part))[kept]]
        return kept

    def _narrowed(
        self, parts: Sequence[Filter]
    ) -> tuple[list[Filter], dict[tuple[Path, Sequence[str]], list[Comparison]], list[Filter]]:
        """Parts of an *and*: alone, those that set ranges on one value, and what is negated."""
        singles: list[Filter] = []
        negated: list[Filter] = []
        groups: dict[tuple[Path, Sequence[str]], list[Comparison]] = {}
        for part in parts:
            # Of several values of a list one may lie in one range, and another in the other.
            if isinstance(part, Comparison) and is_range(part) and not self._repeated(part.path):
                groups.setdefault((part.path, type_of(part)), []).append(part)
            elif isinstance(part, Not):
                negated.append(part.filter)
            else:
                singles.append(part)
        return singles, groups, negated

    def _repeated(self, path: Path) -> bool:
        return self.keys[path].repeated

    def _live(self, slots: Slots) -> Slots:
        return slots[self._alive.array[slots]] if self._dead else slots

    def _among(self, some: Slots, others: Slots) -> Slots:
        if (len(some) + len(others)) * _FEW < len(self._labels):
            return np.intersect1d(some, others, assume_unique=True)
        return some[self._marked(others)[some]]

    def _others(self, slots: Slots) -> Slots:
        alive = self._alive.array.copy()
        alive[slots] = False
        return np.flatnonzero(alive).astype(np.int32)

    def _distinct(self, pieces: list[Slots]) -> Slots:
        if sum(map(len, pieces)) * _FEW < len(self._labels):
            return np.unique(_joined(pieces))
        marked = np.zeros(len(self._labels), np.bool_)
        for piece in pieces:
            marked[piece] = True
        return np.flatnonzero(marked).astype(np.int32)

    def _marked(self, slots: Slots) -> NDArray[np.bool_]:
        marked = np.zeros(len(self._labels), np.bool_)
        marked[slots] = True
        return marked


def declared_paths(indexes: Iterable[PayloadIndex]) -> dict[Path, bool]:
    """The paths of declared keys that are kept in memory, and whether their moments are."""
    paths: dict[Path, bool] = {}
    for index in indexes:
        if index.type is not IndexType.TEXT:
            path = key_path(index.key)
            paths[path] = paths.get(path, False) or index.type is IndexType.DATETIME
    return paths


def settled(places: list[Any]) -> None:
    """Put in place what :meth:`PayloadTables.settle` made. Under the exclusive lock."""
    for entries, runs in places:
        entries.settle(runs)


def _joined(pieces: list[Slots]) -> Slots:
    filled = [piece for piece in pieces if len(piece)]
    if len(filled) == 1:
        return filled[0]
    return np.concatenate(filled) if filled else NO_SLOTS
