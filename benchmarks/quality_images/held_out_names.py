"""image-text on emoji whose names it has never read."""

from __future__ import annotations

from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_images import emoji
from benchmarks.quality_images.emoji import Emoji
from benchmarks.quality_images.image_text import TASK, recall_row
from benchmarks.quality_images.models import Models, models
from benchmarks.quality_images.retrieval import like_known, text_ranks
from vecstore.pretext.image_text import SPEC

K = 10
BAR = 0.20
NOTO, BOTH = "Noto emoji, 90 % of names", "Noto and Twemoji, 90 % of names"


def rows(bench: Bench) -> list[Row]:
    """Train on nine tenths of the names with one artist's pictures, and with both artists'."""
    found = emoji.read(bench.data)
    one = found.pairs(found.noto, found.known)
    two = [*one, *found.pairs(found.twemoji, found.known)]
    with models(bench) as trained:
        noto = _names(trained, one, "emoji-known")
        # Twice the pairs, and as many steps.
        both = _names(trained, two, "emoji-known-both", epochs=_usual_epochs() / 2)
        return [
            _row(trained, found, noto, NOTO, "Noto", BAR),
            _row(trained, found, noto, NOTO, "Twemoji", None),
            _row(trained, found, both, BOTH, "Noto", None),
            _row(trained, found, both, BOTH, "Twemoji", None),
        ]


def _names(
    trained: Models, pairs: list[tuple[bytes, str]], label: str, **options: float
) -> list[str]:
    seeds = trained.bench.seeds
    return [trained.trained(TASK, pairs, label, seed, validation=0.0, **options) for seed in seeds]


def _usual_epochs() -> float:
    (usual,) = (option.default for option in SPEC.options if option.name == "epochs")
    assert isinstance(usual, float)
    return usual


def _row(
    trained: Models, found: Emoji, names: list[str], data: str, style: str, bar: float | None
) -> Row:
    is_twemoji = style == "Twemoji"
    pictures = found.twemoji if is_twemoji else found.noto
    return recall_row(
        TASK,
        data,
        f"name never read → {style} picture, R@{K} among {len(found):,}",
        [text_ranks(trained.store, name, found, pictures, found.held_out) for name in names],
        K,
        bar,
        like_known(found, is_twemoji),
        chance=K / len(found),
    )
