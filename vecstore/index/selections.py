"""What satisfies a filter, and what is kept of that for the next search with the same one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vecstore.filters import And, Comparison, Existence, Filter, Membership, Not, Or
from vecstore.index.columns import Labels
from vecstore.index.places import Places32
from vecstore.spaces import FloatArray

# Places of the array of marks for each label, beyond which labels are sorted instead.
_SPREAD = 64
_OVERHEAD = 1024


class Selection:
    """The labels that satisfy a filter at one version of an index.

    Args:
        labels: each once, in any order.
        version: the version of the index that it is true of.
        declared: whether declared keys told so; else SQL did.

    Attributes:
        uses: searches that it has served.
        matrix: the vectors of the labels, in their order, where they have been gathered.
    """

    __slots__ = (
        "_generation",
        "_marks",
        "_rows",
        "_sorted",
        "declared",
        "labels",
        "matrix",
        "uses",
        "version",
    )

    def __init__(self, labels: Labels, version: int, *, declared: bool) -> None:
        self.labels = labels
        self.version = version
        self.declared = declared
        self.uses = 1
        self.matrix: FloatArray | None = None
        self._generation = -1
        self._rows: Places32 | None = None
        self._marks: tuple[int, NDArray[np.bool_]] | None = None
        self._sorted: Labels | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        size = _OVERHEAD + self.labels.nbytes
        for array in (self._rows, self.matrix, self._sorted):
            if array is not None:
                size += array.nbytes
        return size if self._marks is None else size + self._marks[1].nbytes

    def contains(self, labels: Labels) -> NDArray[np.bool_]:
        """Which of some labels are in it."""
        if self._marks is None and self._sorted is None:
            self._prepare()
        if self._marks is not None:
            before, marks = self._marks
            found: NDArray[np.bool_] = marks.take(labels - before, mode="clip")
            return found
        held = self._sorted
        assert held is not None  # noqa: S101 - one of the two was prepared
        at = np.minimum(np.searchsorted(held, labels), len(held) - 1)
        inside: NDArray[np.bool_] = held[at] == labels
        return inside

    def rows_in(self, generation: int) -> Places32 | None:
        """Rows of the labels in the graph's index, where it is the one that they were kept of."""
        return self._rows if self._generation == generation else None

    def keep_rows(self, generation: int, rows: Places32) -> None:
        """Remember the rows of all labels; rows of one index never change."""
        self._rows = rows
        self._generation = generation

    def _prepare(self) -> None:
        """Marks by label, with a false one at each end for what is out of range; or an order."""
        first, last = int(self.labels.min()), int(self.labels.max())
        if last - first > _SPREAD * len(self.labels):
            self._sorted = np.sort(self.labels)
            return
        marks = np.zeros(last - first + 3, np.bool_)
        marks[self.labels - (first - 1)] = True
        self._marks = first - 1, marks


class SelectionCache:
    """Selections by filter, those used last, in a bounded number of bytes.

    Args:
        limit: bytes in all.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: OrderedDict[Any, tuple[Selection, int]] = OrderedDict()
        self._bytes = 0
        self._gate = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept."""
        return self._bytes

    def get(self, key: Any, version: int) -> Selection | None:
        """What satisfies a filter at this version of the index, if it is known."""
        with self._gate:
            kept = self._kept.get(key)
            if kept is None:
                return None
            if kept[0].version != version:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
        selection = kept[0]
        selection.uses += 1
        return selection

    def put(self, key: Any, selection: Selection) -> None:
        """Keep a selection, or count anew what one takes that is kept."""
        size = selection.nbytes
        with self._gate:
            self._drop(key)
            if size > self.limit:
                return
            self._kept[key] = selection, size
            self._bytes += size
            while self._bytes > self.limit:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything."""
        with self._gate:
            self._kept.clear()
            self._bytes = 0

    def _drop(self, key: Any) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= kept[1]


def identity(filter_: Filter) -> Any:
    """What filters have in common that mean the same because they read the same.

    Python takes 1, 1.0 and True for equal; a filter does not.
    """
    # What is most usual comes first, in patterns that take nothing apart: those are quick.
    match filter_:
        case Comparison():
            value = filter_.value
            return filter_.path, filter_.operator, type(value), value
        case And():
            return And, *map(identity, filter_.filters)
        case Membership(path, values):
            return path, tuple(map(type, values)), values
        case Existence(path):
            return (path,)
        case Or(parts):
            return Or, *map(identity, parts)
        case Not(part):
            return Not, identity(part)


def keys_of(filter_: Filter) -> set[tuple[str, ...]]:
    """The paths that a filter asks about."""
    match filter_:
        case And(parts) | Or(parts):
            return {path for part in parts for path in keys_of(part)}
        case Not(part):
            return keys_of(part)
        case Comparison(path) | Membership(path) | Existence(path):
            return {path}
