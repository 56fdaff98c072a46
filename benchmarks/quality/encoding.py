"""Vectors of any number of inputs, by the store."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vecstore.records import Role
from vecstore.spaces import FloatArray
from vecstore.store import Store


def encoded(
    store: Store, model: str, inputs: Sequence[str | bytes], role: Role = Role.DOCUMENT
) -> FloatArray:
    """Shape (inputs, dim), in as many calls as the store's largest batch asks for."""
    step = store.settings.max_batch
    parts = [
        store.encode(model, inputs[at : at + step], role=role) for at in range(0, len(inputs), step)
    ]
    return np.array([vector.values for part in parts for vector in part])
