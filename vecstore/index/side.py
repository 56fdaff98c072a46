"""The few vectors that are searched one by one because the graph cannot be asked for them."""

from __future__ import annotations

import numpy as np

from vecstore.index.columns import Labels
from vecstore.spaces import FloatArray


class Side:
    """Keys and their vectors; never changed, only replaced.

    Args:
        keys: shape (n,), ascending.
        values: shape (n, dim), float32, prepared for the metric.
        outside: those of the keys that the graph does not hold at all.
    """

    __slots__ = ("keys", "outside", "values")

    def __init__(self, keys: Labels, values: FloatArray, outside: frozenset[int]) -> None:
        self.keys = keys
        self.values = values
        self.outside = outside

    @classmethod
    def empty(cls, dim: int) -> Side:
        """A side list of nothing."""
        return cls(np.empty(0, np.int64), np.empty((0, dim), np.float32), frozenset())

    def __len__(self) -> int:
        return len(self.keys)

    def plus(self, keys: Labels, values: FloatArray, *, outside: bool) -> Side:
        """With more vectors; keys that are there already are passed over."""
        new = ~np.isin(keys, self.keys)
        joined = np.concatenate([self.keys, keys[new]])
        order = np.argsort(joined)
        more = keys[new].tolist() if outside else ()
        return Side(
            joined[order],
            np.concatenate([self.values, values[new]])[order],
            self.outside | frozenset(more),
        )

    def minus(self, keys: Labels) -> Side:
        """Without these keys."""
        return self._where(~np.isin(self.keys, keys))

    def only(self, keys: Labels) -> Side:
        """The vectors under these keys, and those that the graph does not hold."""
        outside = np.array(sorted(self.outside), np.int64)
        return self._where(np.isin(self.keys, np.concatenate([keys, outside])))

    def _where(self, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Side:
        keys = self.keys[kept]
        return Side(keys, self.values[kept], self.outside & frozenset(keys.tolist()))
