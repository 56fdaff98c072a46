"""Photos to train on and to encode: somebody's own, or drawn here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_WIDTH, _HEIGHT = 128, 96
_QUALITY = 90
_SEED = 20
_GRAIN = 24
_ENDINGS = (".jpg", ".jpeg", ".png")

NONE = "there is no .jpg, .jpeg or .png file"


def found(folder: Path) -> list[Path]:
    """The images of a folder and the folders in it, by their paths."""
    return sorted(one for one in folder.rglob("*") if one.suffix in _ENDINGS)


def draw(folder: Path, count: int) -> Path:
    """Draw photos into a new folder, always the same: soft patches of colour, and some noise.

    Args:
        folder: made here.
        count: how many.
    """
    from PIL import Image

    folder.mkdir(parents=True)
    rng = np.random.default_rng(_SEED)
    for number in range(count):
        small = rng.integers(0, 256, (_HEIGHT // _GRAIN, _WIDTH // _GRAIN, 3), dtype=np.uint8)
        soft = np.asarray(
            Image.fromarray(small).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC), np.int16
        )
        grain = rng.integers(-12, 13, soft.shape, dtype=np.int16)
        image = Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))
        image.save(folder / f"{number:05}.jpg", quality=_QUALITY)
    return folder
