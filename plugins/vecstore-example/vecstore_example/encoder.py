"""Texts as the mean of their words' vectors, read from a file in the format of GloVe."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from vecstore.errors import InvalidArgument
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder, Options

REVISION = 1  # raised whenever a change here changes the numbers
BUILTIN = "builtin:colours"


class WordVectorEncoder(Encoder):
    """The mean of the vectors of a text's words; zero for a text without a known word.

    Args:
        vectors: a vector by word, all of one length, float32.
        lowercase: whether words are looked up in lower case.
    """

    modalities = frozenset({Modality.TEXT})
    normalized = False

    def __init__(self, vectors: Mapping[str, FloatArray], lowercase: bool) -> None:
        self._vectors = vectors
        self._lowercase = lowercase
        self.dim = len(next(iter(vectors.values())))

    def identity(self) -> Identity:
        weights = hashlib.sha256()
        for word in sorted(self._vectors):
            weights.update(word.encode() + b"\0" + self._vectors[word].astype("<f4").tobytes())
        return Identity(
            {
                "encoder": f"word-vectors/{REVISION}",
                "weights": weights.hexdigest(),
                "lowercase": self._lowercase,
                "dim": self.dim,
            }
        )

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002
        rows = np.zeros((len(inputs), self.dim), dtype=np.float32)
        for row, item in enumerate(inputs):
            known = [self._vectors[word] for word in self._words(item) if word in self._vectors]
            if known:
                rows[row] = np.mean(known, axis=0)
        return rows

    def canaries(self) -> Sequence[Input]:
        """Known words, unknown ones, and none: the standard canaries hold few known words."""
        some = sorted(self._vectors)[:5]
        texts = [*some, " ".join(some), " ".join(some).upper(), "no-such-word", ""]
        return [Input(Modality.TEXT, text) for text in texts]

    def _words(self, item: Input) -> list[str]:
        text = str(item.data)
        return re.findall(r"[\w'-]+", text.lower() if self._lowercase else text)


def load(source: str, options: Options) -> Encoder:
    """Read a file of word vectors: on each line a word and its numbers, with spaces between.

    Raises:
        InvalidArgument: there is no such file, or it holds something else.
    """
    path = Path(__file__).with_name("colours.txt") if source == BUILTIN else Path(source)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(
            f"the source {source!r} cannot be read ({error}); give a text file of word vectors",
            field="source",
        ) from error
    vectors: dict[str, FloatArray] = {}
    dim = len(lines[0].split()) - 1 if lines else 0
    for number, line in enumerate(lines, start=1):
        word, *numbers = line.split() or [""]
        try:
            vectors[word] = np.array([float(text) for text in numbers], dtype=np.float32)
        except ValueError:
            numbers = []
        if not numbers or len(numbers) != dim or not np.isfinite(vectors[word]).all():
            raise InvalidArgument(
                f"line {number} of {source!r} is {line[:60]!r}; a word and {max(dim, 1)} numbers "
                "are needed",
                field="source",
            )
    if not vectors:
        raise InvalidArgument(f"the source {source!r} holds no word vectors", field="source")
    return WordVectorEncoder(vectors, options["lowercase"])
