"""The encoder of ``categories``: look-up tables, made of numpy alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.weights import weights_digest
from vecstore.errors import ArtifactDamaged, InvalidInput
from vecstore.inputs import categories_text, shorten
from vecstore.pretext.category_vocabulary import ABSENT, Vocabulary
from vecstore.pretext.twins import drawn
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder

REVISION = 1
TABLES = "tables.safetensors"
VOCABULARY = "vocabulary.json"

# Canaries of one column each; the digest of the tables covers all of them.
_PARTIAL = 8
_SHOWN = 20


class CategoryEncoder(Encoder):
    """A dict of columns to the rows of its values, one after the other, in the columns' order.

    A column that is absent counts as zeros, so that the cosine of two single values of a column is
    that of their rows. A value that was not seen in training has its column's unknown row.
    Vectors are not normalised: a row's length says how much its value matters to the target.

    Args:
        vocabulary: columns and values.
        tables: for each column float32 of shape (rows, numbers of a value), in the same order.
        weights: the digest of the tables.
    """

    modalities = frozenset({Modality.CATEGORIES})
    normalized = False

    def __init__(self, vocabulary: Vocabulary, tables: Sequence[FloatArray], weights: str) -> None:
        self._vocabulary = vocabulary
        self._weights, self._tables = weights, tables
        ends = np.cumsum([table.shape[1] for table in tables]).tolist()
        self.dim = ends[-1]
        starts = [0, *ends[:-1]]
        self._places = {
            name: (slice(start, end), table)
            for name, start, end, table in zip(vocabulary.names, starts, ends, tables, strict=True)
        }

    def identity(self) -> Identity:
        return Identity(
            {
                "encoder": f"categories/{REVISION}",
                "weights": self._weights,
                "vocabularies": self._vocabulary.digest(),
                "columns": list(self._vocabulary.names),
            }
        )

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002 - one space
        """See :meth:`vecstore.specs.Encoder.encode`.

        Raises:
            InvalidInput: a column that there is not, or no column at all.
        """
        vectors = np.zeros((len(inputs), self.dim), np.float32)
        for number, one in enumerate(inputs):
            for name, value in self._values(one, number).items():
                place, table = self._places[name]
                vectors[number, place] = table[self._vocabulary.row(name, value)]
        return vectors

    def canaries(self) -> Sequence[Input]:
        """Whole rows of known values, one of unknown values, and single columns."""
        known = {name: values for name, values in self._vocabulary.columns.items() if values}
        unknown = {name: self._unseen(name) for name in self._vocabulary.names}
        whole = [{name: values[end] for name, values in known.items()} for end in (0, -1)]
        partial = [{name: values[0]} for name, values in list(known.items())[:_PARTIAL]]
        texts = [categories_text(one) for one in (*whole, unknown, *partial) if one]
        return [Input(Modality.CATEGORIES, text) for text in dict.fromkeys(texts)]

    def runtime(self) -> Mapping[str, str]:
        return {"numpy": np.__version__}

    def random_twin(self, seed: int) -> Encoder:
        spread = float(np.concatenate([table.ravel() for table in self._tables]).std())
        tables = [drawn(t.shape, spread, (seed, n)) for n, t in enumerate(self._tables)]
        for table in tables:
            table[ABSENT] = 0.0
        return CategoryEncoder(self._vocabulary, tables, f"random:{seed}")

    def _values(self, one: Input, number: int) -> dict[str, str]:
        values: dict[str, str] = json.loads(one.data)
        strange = [name for name in values if name not in self._places]
        if strange or not values:
            named = ", ".join(shorten(name) for name in strange[:_SHOWN])
            known = ", ".join(shorten(name) for name in self._vocabulary.names[:_SHOWN])
            more = ", ..." if len(self._vocabulary.names) > _SHOWN else ""
            raise InvalidInput(
                f"{f'there is no column {named}' if strange else 'no column is given'}; the "
                f"columns of this encoder are: {known}{more}",
                field="categories",
                input=number,
            )
        return values

    def _unseen(self, column: str) -> str:
        value = "?"
        while value in self._vocabulary.columns[column]:
            value += "?"
        return value


def write(folder: Path, vocabulary: Vocabulary, tables: Sequence[FloatArray]) -> None:
    """Write what :func:`load` reads into an empty folder."""
    named = {f"column.{number}": np.ascontiguousarray(t) for number, t in enumerate(tables)}
    save_file(named, folder / TABLES)
    (folder / VOCABULARY).write_text(vocabulary.to_json(), encoding="utf-8")


def load(artifact: Artifact) -> CategoryEncoder:
    """The encoder of an artifact.

    Raises:
        ArtifactDamaged: tables and vocabulary do not go together.
    """
    try:
        vocabulary = Vocabulary.from_json(artifact.file(VOCABULARY).read_text(encoding="utf-8"))
        found: dict[str, Any] = load_file(artifact.file(TABLES))
        tables = [found[f"column.{number}"] for number in range(len(vocabulary.names))]
        fits = [table.shape[0] for table in tables] == vocabulary.sizes()
        fits = fits and all(table.dtype == np.float32 for table in tables)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise _damaged(artifact, repr(error)) from error
    if not tables or not fits:
        raise _damaged(artifact, "their sizes differ")
    return CategoryEncoder(vocabulary, tables, weights_digest([("0", artifact.file(TABLES))]))


def _damaged(artifact: Artifact, why: str) -> ArtifactDamaged:
    return ArtifactDamaged(
        f"tables and vocabulary of the artifact {artifact.manifest.name} do not go together "
        f"({why}); get the artifact again",
        file=TABLES,
    )
