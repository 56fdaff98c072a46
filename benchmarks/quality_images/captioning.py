"""captioning on emoji: names find pictures, and pictures tell names, by an artist never seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality.intervals import bootstrap
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality.votes import Ints
from benchmarks.quality_images import emoji
from benchmarks.quality_images.captions import Captions, Nats
from benchmarks.quality_images.emoji import Emoji
from benchmarks.quality_images.image_text import recall_row
from benchmarks.quality_images.models import STORE, models
from benchmarks.quality_images.retrieval import Ranks, looked_up, text_ranks
from vecstore.artifacts.folder import read_artifact

TASK = "captioning"
DATA = "Noto emoji, 90 % of names"
K = 10
RECALL, NATS, WRONG = 0.34, 2.3, 0.5
# A picture that is wrong for every name: that of the emoji so many places further.
_FURTHER = (17, 53, 101)


def rows(bench: Bench) -> list[Row]:
    """Train on nine tenths of the names with Noto's pictures; judge on Twemoji's."""
    found = emoji.read(bench.data)
    pairs = found.pairs(found.noto, found.known)
    with models(bench) as trained:
        names = [
            trained.trained(TASK, pairs, "emoji-coca", seed, validation=0.0) for seed in bench.seeds
        ]
        ranked = [
            text_ranks(trained.store, name, found, found.twemoji, found.known) for name in names
        ]
    captions = [_captions(bench.folder, name) for name in names]
    return [
        _found(found, ranked),
        _written(found, captions),
        *(_told_apart(found, captions, style) for style in ("Noto", "Twemoji")),
    ]


def _captions(folder: Path, name: str) -> Captions:
    return Captions(read_artifact(folder / STORE / "models" / name))


def _found(found: Emoji, ranked: list[Ranks]) -> Row:
    others = {name: one[found.known] for name, one in looked_up(found).items()}
    return recall_row(
        TASK,
        f"{DATA}, judged on Twemoji",
        f"name → picture, R@{K} among {len(found):,}",
        ranked,
        K,
        RECALL,
        others,
        words="A dictionary of all names is no rival where a name is new. ",
        chance=K / len(found),
    )


def _written(found: Emoji, captions: Sequence[Captions]) -> Row:
    """Nats of a piece of the names, with Twemoji's pictures."""
    names, pictures = _some(found, found.twemoji, found.known)
    costs = [one.costs(names, pictures) for one in captions]
    reached = float(np.mean([one.mean for one in costs]))
    wrong = float(np.mean([_with_wrong(one, names, pictures).mean() for one in captions]))
    others = {name: one.mean for name, one in captions[0].counted(names, names).items()}
    best = min(others, key=lambda name: others[name])
    rest = ", ".join(f"{name} {nats:.2f}" for name, nats in others.items() if name != best)
    return Row(
        TASK,
        f"{DATA}, judged on Twemoji",
        "nats of a word piece of the name, by the picture",
        f"≤ {NATS}",
        reached,
        bootstrap(np.mean([one.each for one in costs], axis=0)),
        len(captions),
        best,
        others[best],
        reached <= NATS,
        f"{'' if reached < others[best] else 'The baseline is better. '}{rest}, "
        f"with the picture of another name {wrong:.2f}; both counts have read these names",
    )


def _told_apart(found: Emoji, captions: Sequence[Captions], style: str) -> Row:
    """Nats that a wrong picture costs more, for names never read."""
    is_noto = style == "Noto"
    names, pictures = _some(found, found.noto if is_noto else found.twemoji, found.held_out)
    right = [one.costs(names, pictures) for one in captions]
    wrong = [_with_wrong(one, names, pictures) for one in captions]
    more = np.mean([bad - good.each for bad, good in zip(wrong, right, strict=True)], axis=0)
    reached = float(more.mean())
    return Row(
        TASK,
        DATA,
        f"nats of a word piece that a wrong {style} picture costs more, names never read",
        f"≥ {WRONG}" if is_noto else "",
        reached,
        bootstrap(more),
        len(captions),
        "a writer that does not look at the picture",
        0.0,
        not is_noto or reached >= WRONG,
        f"with its own picture {np.mean([one.mean for one in right]):.2f} nats: a name never read "
        "is a surprise with any picture",
    )


def _with_wrong(captions: Captions, names: Sequence[str], pictures: Sequence[bytes]) -> Nats:
    """What names cost with pictures of others, the mean of several; as ``Costs.each``."""
    each = [
        captions.costs(names, [*pictures[further:], *pictures[:further]]).each
        for further in (n % len(names) or 1 for n in _FURTHER)
    ]
    mean: Nats = np.mean(each, axis=0)
    return mean


def _some(found: Emoji, pictures: Sequence[bytes], places: Ints) -> tuple[list[str], list[bytes]]:
    return [found.names[place] for place in places], [pictures[place] for place in places]
