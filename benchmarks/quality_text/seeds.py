"""How two spaces of the same words relate: not at all, until one is turned onto the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vecstore.spaces import FloatArray


@dataclass(frozen=True, slots=True)
class TwoSpaces:
    """The same words, by two models.

    Args:
        first, second: vectors of length 1, both of shape (words, dim), row by row one word.
    """

    first: FloatArray
    second: FloatArray

    def cosine(self) -> float:
        """The mean cosine of a word with itself."""
        return float((self.first * self.second).sum(axis=1).mean())

    def shared(self) -> float:
        """How often a word's nearest neighbour in the other space is the word itself."""
        return _hits(self.first, self.second)

    def mapped(self) -> float:
        """The same, after the best orthogonal map (Procrustes) of the first onto the second.

        The map is found on every other word, and judged on the rest, among all words.
        """
        left, _, right = np.linalg.svd(self.first[::2].T @ self.second[::2])
        turned = self.first @ (left @ right)
        nearest = (turned[1::2] @ self.second.T).argmax(axis=1)
        return float((nearest == np.arange(1, len(self.first), 2)).mean())


def _hits(first: FloatArray, second: FloatArray) -> float:
    return float(((first @ second.T).argmax(axis=1) == np.arange(len(first))).mean())
