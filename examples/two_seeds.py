"""Why vectors of two models must never meet, even where only the seed differs.

Trains word-context twice on the docstrings of Python's standard library, looks at what the two
models think of the same words, and asks the store to compare them, which it refuses. Takes about
a minute, and needs the extras "words" and "evaluation"::

    python examples/two_seeds.py [--picture two-seeds.png]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import vecstore
from vecstore.judging.report import spaces_picture

MODEL = "docs"
SEEDS = (1, 2)
WORDS = 2_000
EPOCHS = 15
SHOWN = ("file", "thread", "socket", "string", "exception")

Rows = NDArray[np.float32]


def main(
    texts: Sequence[str], *, words: int = WORDS, epochs: int = EPOCHS, picture: Path | None = None
) -> None:
    """Train two models on the texts, print how they relate, and draw it."""
    chosen = frequent(texts, words)
    a, b = names = tuple(f"{MODEL}@{seed}" for seed in SEEDS)
    with tempfile.TemporaryDirectory() as folder, vecstore.open(folder) as store:
        for seed in SEEDS:
            print(f"training {MODEL}@{seed}, with seed {seed} ...", file=sys.stderr)
            store.train(
                "word-context", texts, name=MODEL, version=str(seed), seed=seed, epochs=epochs
            )
        found = store.compare_spaces(a, b, chosen)

        print(f"{len(chosen):,} words, {found.a.dim} numbers each, two models that differ in")
        print("the seed of their training only:")
        for line in found.lines:
            print(f"  {line.name:56} {line.value:6.3f}   by chance {line.chance:.3f}")
        print()
        one, other = (encoded(store, name, chosen) for name in names)
        for word in [word for word in SHOWN if word in chosen]:
            own, across = (near(word, chosen, one, side) for side in (one, other))
            print(f"  {word:10} own model: {own:42} the other: {across}")
        print()
        for sentence in found.sentences:
            print(sentence)
        first, second = (store.encode(name, ["file"])[0] for name in names)
        try:
            store.compare(first, second)
        except vecstore.SpaceMismatch as refusal:
            print(f"vecstore.SpaceMismatch: {refusal}")
    if picture is not None:
        picture.write_bytes(spaces_picture(found))


def frequent(texts: Sequence[str], count: int) -> list[str]:
    """The most frequent words."""
    found = Counter(word for text in texts for word in re.findall(r"[a-z]+", text.lower()))
    return [word for word, _ in found.most_common(count)]


def encoded(store: vecstore.Store, model: str, words: list[str]) -> Rows:
    """Their vectors, each of length 1; shape (words, dim)."""
    step = store.settings.max_batch
    parts = [words[at : at + step] for at in range(0, len(words), step)]
    return np.array([vector.values for part in parts for vector in store.encode(model, part)])


def near(word: str, words: list[str], asked: Rows, indexed: Rows) -> str:
    """The words whose vectors on one side are nearest to a word's on the other, itself left out."""
    scores = indexed @ asked[words.index(word)]
    found = [words[place] for place in np.argsort(-scores) if words[place] != word]
    return ", ".join(found[:4])


if __name__ == "__main__":
    from stdlib_docs import records

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--picture", type=Path, help="where to draw both models' vectors, as PNG")
    main([record["text"] for record in records()], picture=parser.parse_args().picture)
