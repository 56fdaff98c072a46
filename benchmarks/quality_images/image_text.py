"""image-text on emoji: their names find pictures by an artist that it has never seen."""

from __future__ import annotations

import numpy as np

from benchmarks.quality.intervals import bootstrap
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_images import emoji
from benchmarks.quality_images.emoji import Emoji
from benchmarks.quality_images.models import Models, models
from benchmarks.quality_images.retrieval import Ranks, looked_up, text_ranks

TASK = "image-text"
LABEL = "emoji"
DATA = "Noto emoji, judged on Twemoji"
BARS = {10: 0.40, 1: 0.13}
ALIGN_MAY_LOSE = 0.03


def rows(bench: Bench) -> list[Row]:
    """Train on every name with Noto's picture, by both objectives; judge on Twemoji's."""
    found = emoji.read(bench.data)
    others = looked_up(found)
    with models(bench) as trained:
        clip, align = (_ranks(trained, found, objective) for objective in ("clip", "align"))
    first = [_row("CLIP", clip, k, bar, f"≥ {bar}", others) for k, bar in BARS.items()]
    # It is to keep up with what CLIP reached, and with what CLIP should have reached.
    least = round(max(first[0].achieved, BARS[10]) - ALIGN_MAY_LOSE, 3)
    words = f"≥ {least:.3f}, CLIP's less {ALIGN_MAY_LOSE}"
    return [*first, _row("ALIGN", align, 10, least, words, others)]


def _ranks(trained: Models, found: Emoji, objective: str) -> list[Ranks]:
    """Where Twemoji's picture of each name comes, by the model of each seed."""
    places, pairs = np.arange(len(found)), found.pairs(found.noto)
    label = f"{LABEL}-{objective}"
    names = [
        trained.trained(TASK, pairs, label, seed, objective=objective, validation=0.0)
        for seed in trained.bench.seeds
    ]
    return [text_ranks(trained.store, name, found, found.twemoji, places) for name in names]


def _row(
    objective: str,
    found: list[Ranks],
    k: int,
    bar: float,
    bar_words: str,
    others: dict[str, Ranks],
) -> Row:
    return recall_row(
        TASK,
        DATA,
        f"{objective}, name → picture, R@{k} among {len(found[0]):,}",
        found,
        k,
        bar,
        others,
        bar_words=bar_words,
        words="A dictionary of all names is no rival where a name is new. ",
        chance=k / len(found[0]),
    )


def recall_row(
    task: str,
    data: str,
    figure: str,
    found: list[Ranks],
    k: int,
    bar: float | None,
    others: dict[str, Ranks],
    *,
    chance: float,
    bar_words: str = "",
    words: str = "",
) -> Row:
    """The share of texts whose picture is among the first k.

    Args:
        task, data, figure: see :class:`Row`.
        found: ranks by the model of each seed.
        k: how many pictures count.
        bar: the least share; None where it only stands beside others.
        others: ranks by baselines.
        chance: the share that guessing reaches.
        bar_words: the bar for people, where there is more to say than its number.
        words: what must be said where a baseline is better.
    """
    hits = np.mean([one < k for one in found], axis=0)
    reached = float(hits.mean())
    shares = {name: float((one < k).mean()) for name, one in others.items()}
    shares["chance"] = chance
    best = max(shares, key=lambda name: shares[name])
    rest = ", ".join(f"{name} {share:.3f}" for name, share in shares.items() if name != best)
    loses = "" if reached > shares[best] else f"The baseline is better. {words}"
    return Row(
        task,
        data,
        figure,
        "" if bar is None else bar_words or f"≥ {bar}",
        reached,
        bootstrap(hits),
        len(found),
        best,
        shares[best],
        bar is None or reached >= bar,
        f"{loses}{rest}",
    )
