"""Why vectors of two models must never meet, even where only the seed differs.

Trains word-context twice on the docstrings of Python's standard library, looks at what the two
models think of the same words, and asks the store to compare them, which it refuses. Takes about
a minute::

    python examples/two_seeds.py
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import vecstore

MODEL = "docs"
SEEDS = (1, 2)
WORDS = 2_000
EPOCHS = 15
SHOWN = ("file", "thread", "socket", "string", "exception")

Rows = NDArray[np.float32]


def main(texts: Sequence[str], *, words: int = WORDS, epochs: int = EPOCHS) -> None:
    """Train two models on the texts, and print how they relate."""
    chosen = frequent(texts, words)
    with tempfile.TemporaryDirectory() as folder, vecstore.open(folder) as store:
        for seed in SEEDS:
            print(f"training {MODEL}@{seed}, with seed {seed} ...", file=sys.stderr)
            store.train(
                "word-context", texts, name=MODEL, version=str(seed), seed=seed, epochs=epochs
            )
        one, other = (encoded(store, f"{MODEL}@{seed}", chosen) for seed in SEEDS)
        turned = one @ turn(one, other)

        print(f"{len(chosen):,} words, {one.shape[1]} numbers each, two models that differ in")
        print("the seed of their training only:")
        print(f"  a word's cosine with itself, mean            {cosine(one, other):6.3f}")
        print(f"  its nearest word in the other model is it    {shared(one, other):6.3f}")
        print(f"  the same after the best orthogonal map       {shared(turned, other):6.3f}")
        print()
        for word in [word for word in SHOWN if word in chosen]:
            own, across = (near(word, chosen, one, side) for side in (one, other))
            print(f"  {word:10} own model: {own:42} the other: {across}")
        print()
        print("Each has learnt the same, in axes of its own. So the store refuses:")
        first, second = (store.encode(f"{MODEL}@{seed}", ["file"])[0] for seed in SEEDS)
        try:
            store.compare(first, second)
        except vecstore.SpaceMismatch as refusal:
            print(f"  vecstore.SpaceMismatch: {refusal}")


def frequent(texts: Sequence[str], count: int) -> list[str]:
    """The most frequent words."""
    found = Counter(word for text in texts for word in re.findall(r"[a-z]+", text.lower()))
    return [word for word, _ in found.most_common(count)]


def encoded(store: vecstore.Store, model: str, words: list[str]) -> Rows:
    """Their vectors, each of length 1; shape (words, dim)."""
    step = store.settings.max_batch
    parts = [words[at : at + step] for at in range(0, len(words), step)]
    return np.array([vector.values for part in parts for vector in store.encode(model, part)])


def cosine(one: Rows, other: Rows) -> float:
    """The mean cosine, row by row."""
    return float((one * other).sum(axis=1).mean())


def shared(one: Rows, other: Rows) -> float:
    """How often the nearest row of the other is the row of the same word."""
    return float(((one @ other.T).argmax(axis=1) == np.arange(len(one))).mean())


def turn(one: Rows, other: Rows) -> Rows:
    """The orthogonal map that brings one nearest to the other (Procrustes)."""
    left, _, right = np.linalg.svd(one.T @ other)
    found: Rows = left @ right
    return found


def near(word: str, words: list[str], asked: Rows, indexed: Rows) -> str:
    """The words whose vectors on one side are nearest to a word's on the other, itself left out."""
    scores = indexed @ asked[words.index(word)]
    found = [words[place] for place in np.argsort(-scores) if words[place] != word]
    return ", ".join(found[:4])


if __name__ == "__main__":
    from stdlib_docs import records

    main([record["text"] for record in records()])
