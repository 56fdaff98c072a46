"""Train every pretext task of images on real data, and judge it: ``make quality-images``."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.quality.run import Bench, Suite

SUITE = Suite(
    "benchmarks.quality_images",
    {
        "classification": "classification",
        "contrastive": "contrastive",
        "masked-patches": "masked_patches",
        "image-text": "image_text",
        "held-out-names": "held_out_names",
        "captioning": "captioning",
    },
    """# What the pretext tasks reach on images

Every task is trained on real images and judged on images that it was not trained on. Beside each
figure stands the best simple baseline of the same run; where the baseline is better, the table
says so. In brackets stands the range in which a figure lies with 95 %, by drawing the test images
again and again. This page is written by

```
make quality-images DATA=FOLDER
```

which ends with an error where a bar is missed. FOLDER holds photos in
`clothing/{train,validation,test}/KIND/`, and `emoji/names.csv` (file, name) with the pictures in
`emoji/noto/` and `emoji/twemoji/`.
""",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and judge; see :meth:`Suite.run` for what it returns."""
    parser = SUITE.parser(__doc__)
    parser.add_argument("--minutes", type=_above(float), help="the budget of each training")
    parser.add_argument(
        "--seeds", type=_above(int), default=1, help="trainings that each figure is the mean of"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep models there; a later run goes on"
    )
    given = parser.parse_args(arguments)
    with _folder(given.keep) as folder:
        seeds = tuple(range(1, given.seeds + 1))
        return SUITE.run(given, Bench(given.data, Path(folder), given.minutes, seeds))


def _folder(keep: Path | None) -> AbstractContextManager[str | Path]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="vecstore-quality-")
    keep.mkdir(parents=True, exist_ok=True)
    return nullcontext(keep)


def _above(kind: Callable[[str], float]) -> Callable[[str], Any]:
    """A reader of numbers above zero."""

    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text}: a number above 0 is needed")
        return value

    return read
