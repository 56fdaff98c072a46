"""Texts to vectors by the trained backbone; it needs no torch."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from safetensors.numpy import load_file

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.weights import weights_digest
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder

REVISION = 1  # raised whenever a change here changes the numbers
FEATURES = 512
WEIGHTS = "model.safetensors"


def features(text: str) -> FloatArray:
    """The trigrams of a text's letters, hashed and counted: shape (FEATURES,), length 1."""
    framed = f"  {text.casefold()}  "
    row = np.zeros(FEATURES, dtype=np.float32)
    for start in range(len(framed) - 2):
        row[zlib.crc32(framed[start : start + 3].encode()) % FEATURES] += 1
    return row / np.float32(np.linalg.norm(row))


class SpellingEncoder(Encoder):
    """The backbone: one layer from trigrams to ``dim`` numbers between -1 and 1.

    Args:
        artifact: what the training left.
    """

    modalities = frozenset({Modality.TEXT})

    def __init__(self, artifact: Artifact) -> None:
        file = artifact.file(WEIGHTS)
        tensors = load_file(file)
        self._weight, self._bias = tensors["weight"], tensors["bias"]
        self._digest = weights_digest([("0", file)])
        self.dim = len(self._bias)

    def identity(self) -> Identity:
        return Identity({"encoder": f"spelling/{REVISION}", "weights": self._digest})

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002
        rows = np.stack([features(str(item.data)) for item in inputs])
        hidden: FloatArray = np.tanh(rows @ self._weight.T + self._bias)
        return hidden
