from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from vecstore.encoders.hashing import HashingEncoder
from vecstore.records import Modality
from vecstore.spaces import Identity
from vecstore.specs import Encoder


@dataclass
class Altered(Encoder):
    """A hashing encoder whose identity and numbers a test can change."""

    parts: dict[str, Any] = field(default_factory=lambda: {"weights": "a" * 64, "max_length": 256})
    missing: tuple[str, ...] = ()
    change: Callable[[np.ndarray, str], np.ndarray] = lambda rows, role: rows
    own: tuple | None = None
    dim = 32
    modalities = frozenset({Modality.TEXT})
    seen: list = field(default_factory=list)

    def identity(self):
        return Identity(self.parts, self.missing)

    def canaries(self):
        return self.own

    def encode(self, inputs, role):
        self.seen.append((tuple(inputs), role))
        return self.change(HashingEncoder(self.dim).encode(inputs, role), role)


@pytest.fixture
def altered():
    return Altered
