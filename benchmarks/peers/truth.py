"""The exact answers that every store is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.engines import K, Range, Vectors

# Two float32 cosines of the same pair, summed in different orders, differ by about this much.
_SAME = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Stored vectors and queries, both of unit length, and what records hold.

    Args:
        vectors: shape (n, dim).
        queries: shape (m, dim).
        places: shape (n,).
    """

    vectors: Vectors
    queries: Vectors
    places: NDArray[np.int64]

    def recall(
        self,
        numbers: Sequence[int],
        found: Sequence[Sequence[int]],
        ranges: Sequence[Range] | None = None,
    ) -> float:
        """recall@10: the share of the exact answer that was found; a tie is as good as another.

        Raises:
            RuntimeError: a key was found whose record does not satisfy the filter.
        """
        good = total = 0
        for place, (number, keys) in enumerate(zip(numbers, found, strict=True)):
            allowed = self._allowed(None if ranges is None else ranges[place])
            chosen = np.array(sorted(set(keys)), np.int64)
            if not allowed[chosen].all():
                raise RuntimeError(f"query {number}: a record outside the filter was found")
            cosines = self.vectors @ self.queries[number]
            reached = cosines[chosen]
            # In place: copying the rows of a half of all would take ten times as long.
            cosines[~allowed] = -np.inf
            wanted = min(K, int(allowed.sum()))
            limit = np.partition(cosines, -wanted)[-wanted]
            good += int((reached >= limit - _SAME).sum())
            total += wanted
        return good / max(1, total)

    def _allowed(self, within: Range | None) -> NDArray[np.bool_]:
        if within is None:
            return np.ones(len(self.places), np.bool_)
        allowed: NDArray[np.bool_] = (self.places >= within[0]) & (self.places < within[1])
        return allowed
