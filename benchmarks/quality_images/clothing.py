"""Photos of clothes in folders named by their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality.votes import Ints
from vecstore.inputs import Frame, Pixels, image_square

FOLDER = Path("clothing")
NAME = "photos of clothes"
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Photos:
    """Some photos.

    Args:
        images: the bytes of their files.
        labels: the kind of each, as a number; shape (n,).
    """

    images: list[bytes]
    labels: Ints


@dataclass(frozen=True, slots=True)
class Clothing:
    """All photos, divided as they come.

    Args:
        folder: of the photos to train on.
        kinds: names of the kinds, by number.
        train: to train on, and whose labels probes know.
        validation: by which probes choose their settings.
        test: to judge by.
    """

    folder: Path
    kinds: tuple[str, ...]
    train: Photos
    validation: Photos
    test: Photos

    @property
    def majority(self) -> float:
        """The share of the most frequent kind among the test photos."""
        return float(np.bincount(self.test.labels).max() / len(self.test.labels))


def read(data: Path) -> Clothing:
    """Read all photos.

    Args:
        data: the folder that holds ``clothing/{train,validation,test}/KIND/*.jpg``.
    """
    folder = data / FOLDER / "train"
    kinds = tuple(sorted(one.name for one in folder.iterdir() if one.is_dir()))
    train, validation, test = (_photos(data / FOLDER / part, kinds) for part in PARTS)
    return Clothing(folder, kinds, train, validation, test)


def _photos(folder: Path, kinds: Sequence[str]) -> Photos:
    files = [(file, kinds.index(file.parent.name)) for file in sorted(folder.glob("*/*.jpg"))]
    if not files:
        raise FileNotFoundError(2, "no photos", str(folder / "*" / "*.jpg"))
    return Photos([file.read_bytes() for file, _ in files], np.array([kind for _, kind in files]))


def squares(images: Sequence[bytes], side: int) -> Pixels:
    """The middle of each image, as an encoder reads it; shape (n, side, side, 3), uint8."""
    frame = Frame(side)
    return np.stack([image_square(image, frame) for image in images])
