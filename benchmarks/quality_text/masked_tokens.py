"""masked-tokens on WordNet's definitions: guesses of hidden pieces, and what its vectors tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import vecstore
from benchmarks.quality.encoding import encoded
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_text import glosses
from benchmarks.quality_text.baselines import baselines
from benchmarks.quality_text.glosses import Correct, Glosses
from vecstore.store import Store

TASK = "masked-tokens"
NAME = "definitions"
STORE = "masked-tokens"
TRAINED, UNTRAINED = "1", "0"
SEED = 1
EPOCHS = 6.0
TOP1, NEIGHBOURS = 0.28, 0.50


def rows(bench: Bench) -> list[Row]:
    """Train, and judge.

    Args:
        bench: its data holds ``wordnet/glosses.tsv.gz``; the model stays in its folder, for
            next-sentence to start from.
    """
    found = glosses.read(bench.data)
    with vecstore.open(bench.folder / STORE) as store:
        train(store, found, TRAINED, EPOCHS)
        train(store, found, UNTRAINED, 0.001)
        return [_guesses(store, found, bench.folder), _neighbours(store, found)]


def train(store: Store, found: Glosses, version: str, epochs: float) -> None:
    """Train on all definitions but the test's; 6 epochs are about 7 minutes on one thread."""
    texts = found.of(found.training)
    store.train(TASK, texts, name=NAME, version=version, seed=SEED, epochs=epochs)


def _guesses(store: Store, found: Glosses, folder: Path) -> Row:
    manifest = store.model(f"{NAME}@{TRAINED}").manifest
    assert manifest is not None
    reached = float(manifest.metrics["masked_top1"])
    held_out = int(manifest.sizes["held_out"])
    tokenizer = folder / STORE / "models" / f"{NAME}@{TRAINED}" / "tokenizer.json"
    unigram, left, both = _counted(found, tokenizer)
    return Row(
        TASK,
        glosses.NAME,
        "hidden piece guessed right (top 1)",
        f"≥ {TOP1}",
        reached,
        f"on {held_out:,} texts that were held out",
        1,
        "the most frequent piece between both neighbours",
        both,
        reached >= TOP1,
        f"{'' if reached > both else 'The baseline is better. '}"
        f"after the left neighbour {left:.3f}, most frequent piece {unigram:.3f}",
    )


def _neighbours(store: Store, found: Glosses) -> Row:
    task = glosses.TASKS[0]
    right, random = (_judged(store, found, version) for version in (TRAINED, UNTRAINED))
    reached, chance = float(right.mean()), float(random.mean())
    others = baselines(found).figures(task)
    best = max(others, key=lambda one: others[one])
    return Row(
        TASK,
        glosses.NAME,
        f"lexical file of nouns, {task}",
        f"≥ {NEIGHBOURS}",
        reached,
        glosses.interval(right),
        1,
        best,
        others[best],
        reached >= NEIGHBOURS,
        f"{'' if reached > others[best] else f'{best} is better. '}"
        f"The same model untrained {chance:.3f}, majority {found.majority:.3f}",
    )


def _judged(store: Store, found: Glosses, version: str) -> Correct:
    sides = (found.of(found.labelled), found.of(found.test))
    labelled, test = (encoded(store, f"{NAME}@{version}", texts) for texts in sides)
    return glosses.correct(found, glosses.TASKS[0], labelled, test)


def _counted(found: Glosses, tokenizer: Path) -> tuple[float, float, float]:
    """What counts alone guess right: of pieces, of pairs, and of pieces between two others."""
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_file(str(tokenizer))
    single: Counter[int] = Counter()
    after: dict[int, Counter[int]] = {}
    between: dict[tuple[int, int], Counter[int]] = {}
    for left, piece, right in _triples(pieces, found.of(found.training)):
        single[piece] += 1
        after.setdefault(left, Counter())[piece] += 1
        between.setdefault((left, right), Counter())[piece] += 1
    usual = single.most_common(1)[0][0]
    by_left = {left: count.most_common(1)[0][0] for left, count in after.items()}
    by_both = {sides: count.most_common(1)[0][0] for sides, count in between.items()}
    hits = np.zeros(3)
    total = 0
    for left, piece, right in _triples(pieces, found.of(found.test)):
        guess = by_left.get(left, usual)
        hits += [piece == usual, piece == guess, piece == by_both.get((left, right), guess)]
        total += 1
    unigram, pair, triple = (float(share) for share in hits / total)
    return unigram, pair, triple


def _triples(tokenizer: object, texts: list[str]) -> Iterator[tuple[int, int, int]]:
    """Every piece with its neighbours; texts stand between special pieces."""
    for encoding in tokenizer.encode_batch_fast(texts):  # type: ignore[attr-defined]
        ids = encoding.ids
        yield from zip(ids, ids[1:], ids[2:], strict=False)
