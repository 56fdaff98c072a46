"""The store of the drill: built before, and looked at when nobody serves it any more."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import vecstore
from benchmarks.reembedding_drill.clients import DOCS
from vecstore.records import Input, Modality, Role
from vecstore.store import Store

# Of the hashing encoder, with other numbers than hashing@1 has.
HASHED, DIM = "hashed@1", 256
BATCH = 2000
PATIENCE = 600.0
# Texts that the encoder alone is measured with, and vectors that are compared.
MEASURED, COMPARED = 1000, 500
# Two encodings of one text differ by what stands beside it in the batch.
CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class Way:
    """From which encoder to which.

    Args:
        source, target: ``model@version``.
        transform: of the target's vectors; empty for none.
    """

    source: str
    target: str
    transform: str


def build(data: Path, way: Way, texts: Mapping[str, str]) -> Iterator[int]:
    """Store records in the space of the source; gives how many are there, again and again.

    Raises:
        VecstoreError: an encoder, or the transform, is not there.
    """
    with opened(data) as store:
        store.register_encoder(HASHED, loader="hashing", source="builtin", options={"dim": DIM})
        store.space(way.target, transform=way.transform)
        docs = store.create_collection(DOCS, encoder=way.source)
        rows = list(texts.items())
        for first in range(0, len(rows), BATCH):
            part = rows[first : first + BATCH]
            docs.upsert([vecstore.Record(id=one, text=text) for one, text in part])
            yield first + len(part)
        row = store.row(DOCS)
        if not store.index(row, row.fields[0]).wait_until_checked(PATIENCE):
            raise RuntimeError(f"the index did not settle within {PATIENCE} s")


@contextmanager
def opened(data: Path) -> Iterator[Store]:
    """The store, embedded."""
    with vecstore.open(data) as store:
        yield store


def rate(store: Store, encoder: str, texts: Sequence[str], seed: int) -> float:
    """Texts a second of an encoder alone, with all the cores."""
    chosen = random.Random(seed).sample(texts, min(MEASURED, len(texts)))
    inputs = [Input(Modality.TEXT, text) for text in chosen]
    loaded = store.models.load(store.models.resolve(encoder))
    loaded.encode(inputs[:64], Role.DOCUMENT)
    began = time.perf_counter()
    loaded.encode(inputs, Role.DOCUMENT)
    return len(inputs) / (time.perf_counter() - began)


def wrong(store: Store, way: Way, texts: Mapping[str, str], seed: int) -> list[str]:
    """What is not as it should be once it is finished, with every record in the new space alone.

    Args:
        store: opened, after the server's end.
        way: that was gone.
        texts: of every record that there must be.
        seed: of the sample of vectors that are encoded anew.
    """
    row = store.row(DOCS)
    field = row.fields[0]
    found = []
    if row.beside:
        found.append(f"a space is left beside the live one: {row.beside[0].space.name}")
    if field.space != store.space(way.target, transform=way.transform):
        found.append(f"the live space is {field.space.name}")
    ids = list(texts)
    vectors = store.reader.stored_vectors(field, ids)
    if missing := sorted(set(ids) - set(vectors)):
        found.append(f"{len(missing)} records have no vector: {missing[:5]}")
    present = random.Random(seed).sample(sorted(vectors), min(COMPARED, len(vectors)))
    made = store.encode(way.target, [texts[one] for one in present], transform=way.transform)
    found += [
        f"the vector of {one} is of another text than {texts[one]!r}"
        for one, vector in zip(present, made, strict=True)
        if not np.allclose(vectors[one][1].values, vector.values, rtol=0, atol=CLOSE)
    ]
    if (count := store.index(row, field).count) != len(texts):
        found.append(f"the index has {count} records, and there are {len(texts)}")
    return found
