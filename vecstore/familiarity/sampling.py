"""Which records stand for a collection: a sample that hardly changes while it grows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from vecstore.errors import NotFound
from vecstore.index.columns import Labels
from vecstore.spaces import FloatArray

if TYPE_CHECKING:
    from vecstore.index.live import LiveIndex

_PIECE = 4096


def sample(labels: Labels, most: int) -> Labels:
    """Up to ``most`` of the labels, ascending: those of the smallest hashes.

    A label's hash is its own, so one is in the sample of a larger collection too unless ``most``
    others have pushed it out, and the sample is drawn as if by chance.

    Args:
        labels: distinct, int64, in any order.
        most: how many.
    """
    if len(labels) <= most:
        return np.sort(labels)
    return np.sort(labels[np.argpartition(_hashes(labels), most)[:most]])


def live_vectors(index: LiveIndex, labels: Labels) -> Iterator[tuple[Labels, FloatArray]]:
    """Labels and their vectors as the index holds them, piece by piece; the dead are left out."""
    for start in range(0, len(labels), _PIECE):
        piece = labels[start : start + _PIECE]
        try:
            yield piece, index.vectors(piece)
        except NotFound:
            yield from _one_by_one(index, piece)


def _one_by_one(index: LiveIndex, labels: Labels) -> Iterator[tuple[Labels, FloatArray]]:
    for place in range(len(labels)):
        one = labels[place : place + 1]
        try:
            yield one, index.vectors(one)
        except NotFound:
            continue


def _hashes(labels: Labels) -> Labels:
    """The finaliser of splitmix64: neighbouring numbers end up far apart."""
    bits = labels.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return (bits ^ (bits >> np.uint64(31))).view(np.int64)
