"""word-context beside bare gensim: whole trainings, each a process of its own; and encoding.

``python -m benchmarks.word_context SIDE TEXTS FOLDER`` is one training.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

import vecstore
from benchmarks.figures import Bar, Figure
from benchmarks.ground import Ground
from benchmarks.measure import HERE, clocked, quartiles
from benchmarks.trainings import BARE, OURS, ROUNDS, in_turn, train

NAME = "word-context"
TRAINING = Bar(0.9)
ENCODING = Bar(20_000)
EPOCHS = 40
SEED = 1


def run(ground: Ground) -> list[Figure]:
    """Two figures, whatever the sizes."""
    what = f"train word-context, {EPOCHS} epochs of Python's docstrings, whole process"
    if importlib.util.find_spec("gensim") is None:
        note = "gensim is not installed"
        return [Figure(NAME, what, "", bar=TRAINING, note=note)]
    folder = ground.folder / "word-context"
    folder.mkdir()
    texts, summaries = _docstrings()
    lines = folder / "texts"
    lines.write_text("\n".join(texts) + "\n")
    trainings = in_turn("benchmarks.word_context", lines, folder, ground.rounds)
    training = trainings.figure(NAME, what, TRAINING)
    return [training, _encoding(folder / "0" / "ours", summaries)]


def _encoding(folder: Path, texts: list[str]) -> Figure:
    with vecstore.open(folder) as store:
        step = store.settings.max_batch

        def encode(_: int) -> None:
            for at in range(0, len(texts), step):
                store.encode("docs@1", texts[at : at + step])

        encode(0)
        rates = len(texts) / np.array([clocked(encode, number)[0] for number in range(ROUNDS)])
    low, rate, high = quartiles(rates)
    return Figure(
        NAME,
        f"encode {len(texts):,} summaries of docstrings, word-context",
        f"{rate:,.0f} texts/s",
        value=rate,
        low=low,
        high=high,
        bar=ENCODING,
        plain=True,
    )


def _docstrings() -> tuple[list[str], list[str]]:
    """The docstrings of the standard library, and their first sentences."""
    command = [sys.executable, str(HERE / "examples" / "stdlib_docs.py")]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return [one["text"] for one in records], [one["summary"] for one in records]


def _ours(lines: Path, folder: Path) -> None:
    with vecstore.open(folder) as store:
        store.train(
            "word-context",
            lines,
            name="docs",
            version="1",
            seed=SEED,
            epochs=EPOCHS,
            validation=0.0,
        )


def _bare(lines: Path, folder: Path) -> None:
    """What one writes by hand, with the same settings."""
    from gensim.models import Word2Vec

    word = re.compile(r"\w+")
    with lines.open() as file:
        sentences = [word.findall(line.lower()) for line in file]
    model = Word2Vec(sentences, sg=1, epochs=EPOCHS, workers=1, seed=SEED, **_settings())
    model.wv.save(str(folder / "vectors"))


def _settings() -> dict[str, float]:
    """The task's defaults that gensim has other ones for."""
    from vecstore.pretext.word_context import SPEC

    named = {option.name: option.default for option in SPEC.options}
    names = ("vector_size", "window", "min_count", "sample", "negative")
    return {name: named[name] for name in names}  # type: ignore[misc]


if __name__ == "__main__":
    train({OURS: _ours, BARE: _bare})
