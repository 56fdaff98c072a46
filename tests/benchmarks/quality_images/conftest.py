"""Small data of the form that the suite reads."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NAMES = ("red square", "green square", "blue square", "red dot", "green dot", "blue dot") * 4


def saved(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def clothes(tmp_path):
    """Photos of three kinds, each of a colour with some noise; returns the data's folder."""
    rng = np.random.default_rng(7)
    for part, count in (("train", 20), ("validation", 5), ("test", 6)):
        for kind, colour in enumerate(("hat", "shirt", "shoes")):
            for number in range(count):
                pixels = rng.integers(0, 100, (20, 16, 3), dtype=np.uint8)
                pixels[..., kind] += 150
                saved(tmp_path / "clothing" / part / colour / f"{number}.jpg", pixels)
    return tmp_path


@pytest.fixture
def drawn(tmp_path):
    """Two dozen emoji by two artists; returns the data's folder."""
    rng = np.random.default_rng(8)
    lines = ["file,name,group"]
    for number, name in enumerate(NAMES):
        shape = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        for style in ("noto", "twemoji"):
            noise = rng.integers(0, 20, shape.shape, dtype=np.uint8)
            saved(tmp_path / "emoji" / style / f"{number}.png", shape // 2 + noise)
        lines.append(f"{number}.png,{name} {number},shapes")
    (tmp_path / "emoji" / "names.csv").write_text("\n".join(lines) + "\n")
    return tmp_path
