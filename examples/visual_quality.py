"""What an embedding knows is what its training asked: one of quality, and one of kinds.

Photos of clothes are made blurry, dim or crumpled to degrees. One model is trained by
``classification`` to tell good photos from spoilt ones, another to tell the kinds of clothes in the
same photos, good and spoilt; both lose their last layer. Then each is asked both questions, on
photos that neither was trained on: the first tells quality and hardly kinds, the second kinds and
hardly quality. Takes about seven minutes on two cores::

    python examples/visual_quality.py PHOTOS [--minutes 3] [--out maps.png]

PHOTOS is a folder of folders, each named by what its photos show.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

import vecstore

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
SIDE = 96
HELD_OUT = 0.2
SEED = 1
K = 20
MOST = 4_000
GOOD, SPOILT = "good", "spoilt"
MODELS = {"quality": "trained on quality", "kind": "trained on kinds"}
UNTRAINED = "not trained at all"
# How a training varies its photos must not change the answers: a blurred hat is a hat, and no good
# photo of one.
VIEWS = {"quality": {"colour": 0.0, "blur": 0.0}, "kind": {"colour": 0.5, "blur": 0.5}}
NOTHING = {"epochs": 0.001, "learning_rate": 1e-8}

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Photo:
    """A photo as it is shown to the models.

    Args:
        data: the bytes of a PNG file.
        kind: what it shows.
        quality: "good" or "spoilt".
    """

    data: bytes
    kind: str
    quality: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Train both models, print what each knows, and draw it."""
    given = _parser().parse_args(arguments)
    photos, asked = divided(given.photos)
    print(f"{len(photos):,} photos to train on, {len(asked):,} to ask about", file=sys.stderr)
    tables: dict[str, dict[str, float]] = {}
    maps: dict[str, Rows] = {}
    with tempfile.TemporaryDirectory() as folder, vecstore.open(folder) as store:
        for question, words in MODELS.items():
            print(f"a model is being {words} ...", file=sys.stderr)
            answers = labels(photos, question)
            train(store, question, photos, answers, minutes=given.minutes, **VIEWS[question])
            maps[words], tables[words] = judged(store, question, photos, asked)
        train(store, "untrained", photos, labels(photos, "kind"), **NOTHING)
        _, tables[UNTRAINED] = judged(store, "untrained", photos, asked)
    chance = {one: most_frequent(labels(photos, one), labels(asked, one)) for one in MODELS}
    show(tables, chance)
    draw(maps, asked, given.out)
    print(f"\nBoth maps, coloured both ways: {given.out}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path, help="a folder of folders, each of one kind of photos")
    parser.add_argument("--minutes", type=float, default=3.0, help="of each of two trainings")
    parser.add_argument(
        "--out", type=Path, default=Path("maps.png"), help="the picture of the maps"
    )
    return parser


# -- photos, good and spoilt


def divided(folder: Path) -> tuple[list[Photo], list[Photo]]:
    """Photos to train on and to ask about; of each file there is one version, good or spoilt."""
    files = sorted(one for one in folder.glob("*/*") if one.suffix.lower() in ENDINGS)
    if not files:
        sys.exit(f"{folder} holds no folders of photos; {', '.join(ENDINGS)} are read")
    rng = np.random.default_rng(SEED)
    chosen = [files[number] for number in rng.permutation(len(files))[:MOST]]
    photos = [shown(file, rng) for file in chosen]
    cut = max(1, round(HELD_OUT * len(photos)))
    return photos[cut:], photos[:cut]


def shown(file: Path, rng: np.random.Generator) -> Photo:
    """A photo, left as it is or spoilt, by the toss of a coin."""
    with Image.open(file) as opened:
        image = ImageOps.fit(ImageOps.exif_transpose(opened).convert("RGB"), (SIDE, SIDE))
    quality = SPOILT if rng.random() < 0.5 else GOOD  # noqa: PLR2004 - a coin has two sides
    if quality == SPOILT:
        image = spoilt(image, rng)
    packed = io.BytesIO()
    image.save(packed, "PNG")
    return Photo(packed.getvalue(), file.parent.name, quality)


def spoilt(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A blurry, dim or crumpled version, to some degree."""
    degree = float(rng.uniform(0.4, 1.0))
    way = int(rng.integers(3))
    if way == 0:
        return image.filter(ImageFilter.GaussianBlur(3.0 * degree * image.width / SIDE))
    if way == 1:
        return ImageEnhance.Brightness(image).enhance(1.0 - 0.8 * degree)
    return crumpled(image, degree, rng)


def crumpled(image: Image.Image, degree: float, rng: np.random.Generator) -> Image.Image:
    """Pulled this way and that by smooth random shifts of up to a tenth of its side."""
    pixels, side = np.asarray(image), image.width
    places = np.arange(side)
    moved = [_waves(side, rng) * degree * side / 10 for _ in range(2)]
    rows, columns = (
        np.clip(np.rint(grid + shift), 0, side - 1).astype(np.int64)
        for grid, shift in zip(np.meshgrid(places, places, indexing="ij"), moved, strict=True)
    )
    return Image.fromarray(pixels[rows, columns])


def _waves(side: int, rng: np.random.Generator) -> Rows:
    """A smooth random field between -1 and 1; shape (side, side)."""
    coarse = Image.fromarray(rng.uniform(-1, 1, (8, 8)).astype(np.float32))
    smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))
    field: Rows = np.clip(smooth, -1, 1)
    return field


def labels(photos: Sequence[Photo], question: str) -> list[str]:
    """The answers to a question: "quality" or "kind"."""
    return [getattr(photo, question) for photo in photos]


# -- models, and what they know


def train(
    store: vecstore.Store,
    model: str,
    photos: Sequence[Photo],
    answers: Sequence[str],
    **settings: Any,
) -> None:
    """Train a model to give the answers; it is kept without the layer that gives them."""
    labelled = [(photo.data, answer) for photo, answer in zip(photos, answers, strict=True)]
    store.train("classification", labelled, name=model, version="1", seed=SEED, **settings)


def judged(
    store: vecstore.Store, model: str, photos: Sequence[Photo], asked: Sequence[Photo]
) -> tuple[Rows, dict[str, float]]:
    """Vectors of the photos asked about, and how often their neighbours answer each question."""
    known, found = (encoded(store, model, some) for some in (photos, asked))
    return found, {
        question: share_right(known, labels(photos, question), found, labels(asked, question))
        for question in MODELS
    }


def encoded(store: vecstore.Store, model: str, photos: Sequence[Photo]) -> Rows:
    """Vectors of photos; shape (photos, dim)."""
    step = store.settings.max_batch
    data = [photo.data for photo in photos]
    parts = [store.encode(model, data[at : at + step]) for at in range(0, len(data), step)]
    return np.array([vector.values for part in parts for vector in part])


def share_right(known: Rows, answers: Sequence[str], asked: Rows, wanted: Sequence[str]) -> float:
    """How often the nearest photos trained on, by vote, give the right answer."""
    from sklearn.neighbors import KNeighborsClassifier

    votes = KNeighborsClassifier(min(K, len(known)), metric="cosine").fit(known, answers)
    return float(votes.score(asked, wanted))


def most_frequent(answers: Sequence[str], wanted: Sequence[str]) -> float:
    """How often the most frequent answer is the right one."""
    usual = max(set(answers), key=answers.count)
    return sum(one == usual for one in wanted) / len(wanted)


def show(tables: dict[str, dict[str, float]], chance: dict[str, float]) -> None:
    """Print what each model knows, beside what guessing the most frequent answer gives."""
    print(f"{K} nearest photos vote; share of right answers about photos never seen:\n")
    print(f"  {'':22}{'quality':>10}{'kind':>10}")
    for words, shares in {**tables, "most frequent answer": chance}.items():
        print(f"  {words:22}{shares['quality']:>10.3f}{shares['kind']:>10.3f}")


# -- maps


def draw(maps: dict[str, Rows], photos: Sequence[Photo], out: Path) -> None:
    """Draw each model's photos on a plane, once coloured by quality and once by kind."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 10), layout="constrained")
    FigureCanvasAgg(figure)
    plots = figure.subplots(len(maps), len(MODELS), squeeze=False)
    for (words, vectors), row in zip(maps.items(), plots, strict=True):
        plane = on_plane(vectors)
        for question, axes in zip(MODELS, row, strict=True):
            answers = np.array(labels(photos, question))
            for answer in sorted(set(answers)):
                chosen = plane[answers == answer]
                axes.scatter(chosen[:, 0], chosen[:, 1], s=8, alpha=0.7, label=answer)
            axes.set_title(f"{words}, coloured by {question}")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.legend(fontsize="small", markerscale=2, loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig(out, dpi=110)


def on_plane(vectors: Rows) -> Rows:
    """Vectors in two dimensions, neighbours beside neighbours (t-SNE); shape (n, 2)."""
    from sklearn.manifold import TSNE

    near = min(30.0, max(1.0, (len(vectors) - 1) / 3))
    plane: Rows = TSNE(perplexity=near, init="pca", random_state=SEED).fit_transform(vectors)
    return plane


if __name__ == "__main__":
    main()
