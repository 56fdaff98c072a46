"""word-context on WordNet's definitions: what its vectors tell, and that two seeds are two spaces.

Two models are trained that differ in their seed only.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

import vecstore
from benchmarks.quality.encoding import encoded
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_text import glosses
from benchmarks.quality_text.baselines import Baselines, baselines
from benchmarks.quality_text.glosses import Correct, Glosses, Task
from benchmarks.quality_text.seeds import TwoSpaces
from vecstore.pretext.words import words_of
from vecstore.spaces import FloatArray
from vecstore.store import Store

TASK = "word-context"
BARS = dict(zip(glosses.TASKS, (0.66, 0.52, 0.56), strict=True))
SEEDS = (1, 2)
WORDS = 5_000
COSINE = 0.15
SHARED = 0.01
MAPPED = 0.95


def rows(bench: Bench) -> list[Row]:
    """Train, and judge.

    Args:
        bench: its data holds ``wordnet/glosses.tsv.gz``.
    """
    found = glosses.read(bench.data)
    with vecstore.open(bench.folder / "word-context") as store:
        for seed in SEEDS:
            store.train(
                TASK, found.of(found.training), name="glosses", version=str(seed), seed=seed
            )
        texts = {seed: _texts(store, seed, found) for seed in SEEDS}
        words = TwoSpaces(*(encoded(store, f"glosses@{seed}", _frequent(found)) for seed in SEEDS))
    others = baselines(found)
    return [
        *(_neighbours(found, task, texts, others) for task in glosses.TASKS),
        *_two_seeds(words),
        _across(found, texts),
    ]


Texts = dict[int, tuple[FloatArray, FloatArray]]


def _texts(store: Store, seed: int, found: Glosses) -> tuple[FloatArray, FloatArray]:
    """Vectors of the labelled and of the test texts."""
    return (
        encoded(store, f"glosses@{seed}", found.of(found.labelled)),
        encoded(store, f"glosses@{seed}", found.of(found.test)),
    )


def _frequent(found: Glosses) -> list[str]:
    counts = Counter(word for text in found.of(found.training) for word in words_of(text))
    return [word for word, _ in counts.most_common(WORDS)]


def _neighbours(found: Glosses, task: Task, texts: Texts, others: Baselines) -> Row:
    right: Correct = np.mean([glosses.correct(found, task, *texts[s]) for s in SEEDS], axis=0)
    reached, bar = float(right.mean()), BARS[task]
    figures = others.figures(task)
    name = max(figures, key=lambda one: figures[one])
    rest = ", ".join(f"{other} {figure:.3f}" for other, figure in figures.items() if other != name)
    loses = "" if reached > figures[name] else f"{name} is better. "
    return Row(
        TASK,
        glosses.NAME,
        f"lexical file of nouns, {task}",
        f"≥ {bar}",
        reached,
        glosses.interval(right),
        len(SEEDS),
        name,
        figures[name],
        reached >= bar,
        f"{loses}{rest}, majority {found.majority:.3f}",
    )


def _two_seeds(words: TwoSpaces) -> list[Row]:
    cosine, shared, mapped = words.cosine(), words.shared(), words.mapped()

    def row(figure: str, bar: str, reached: float, met: bool, said: str) -> Row:
        what = f"two seeds: {figure}"
        return Row(TASK, glosses.NAME, what, bar, reached, "", 2, "", None, met, said)

    return [
        row(
            "mean cosine of a word with itself",
            f"within ±{COSINE}",
            cosine,
            abs(cosine) <= COSINE,
            f"over the {WORDS:,} most frequent words: one word, two unrelated directions",
        ),
        row(
            "nearest word is the word itself",
            f"≤ {SHARED}",
            shared,
            shared <= SHARED,
            f"chance is {1 / WORDS:.4f}",
        ),
        row(
            "the same after an orthogonal map",
            f"≥ {MAPPED}",
            mapped,
            mapped >= MAPPED,
            "the map is found on one half of the words and judged on the other: both models "
            "learnt the same, in other axes",
        ),
    ]


def _across(found: Glosses, texts: Texts) -> Row:
    first, second = SEEDS
    task = glosses.TASKS[0]
    across = glosses.correct(found, task, texts[first][0], texts[second][1])
    own = float(glosses.correct(found, task, *texts[first]).mean())
    reached = float(across.mean())
    return Row(
        TASK,
        glosses.NAME,
        f"two seeds: {task}, indexed with one and asked with the other",
        "",
        reached,
        glosses.interval(across),
        2,
        "one seed for both",
        own,
        True,
        f"about what the majority class gives, {found.majority:.3f}: this is what the refusal "
        "prevents",
    )
