"""Encoding photos through the store beside the bare model: from files' bytes to vectors."""

from __future__ import annotations

import importlib.util
import os
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import vecstore
from benchmarks import photos
from benchmarks.figures import Bar, Figure
from benchmarks.ground import Ground
from benchmarks.measure import interleave, rate

NAME = "encoding-images"
SPEED = Bar(0.9)
GROWTH = Bar(1.0, most=True)
PHOTOS = 500
MORE = 2_000
MAX_ROUNDS = 9
MODEL = "photos@1"
BATCH = 64  # the encoder's own


def run(ground: Ground) -> list[Figure]:
    """Two figures, whatever the sizes."""
    what = f"encode {PHOTOS:,} photos, from bytes to vectors"
    grown = f"memory of encoding {MORE:,} photos, beyond that of {PHOTOS:,}"
    if importlib.util.find_spec("kornia") is None or importlib.util.find_spec("accelerate") is None:
        note = "transformers, accelerate and kornia are not installed"
        return [Figure(NAME, one, "", bar=SPEED, note=note) for one in (what, grown)]
    folder = ground.folder / NAME
    shown = ground.images or photos.draw(folder / "photos", PHOTOS)
    images = [file.read_bytes() for file in photos.found(shown)[:PHOTOS]]
    store_folder = folder / "store"
    with vecstore.open(store_folder) as store:
        _train(store, images)
        memory = _memory(store, images, grown)
        speed = _speed(store, store_folder, images, what, min(MAX_ROUNDS, ground.rounds))
    return [speed, memory]


def _train(store: vecstore.Store, images: list[bytes]) -> None:
    """A model as the task makes it; that it has learnt nothing does not make it slower."""
    name, version = MODEL.split("@")
    labelled = [(image, f"class {number % 2}") for number, image in enumerate(images[:64])]
    store.train("classification", labelled, name=name, version=version, epochs=0.001)


def _speed(
    store: vecstore.Store, folder: Path, images: list[bytes], what: str, rounds: int
) -> Figure:
    from vecstore.artifacts.folder import read_artifact

    artifact = read_artifact(folder / "models" / MODEL)
    bare = partial(_bare, *_bare_model(artifact))
    found = interleave(lambda _: store.encode(MODEL, images), lambda _: bare(images), rounds)
    low, ratio, high = found.quicker()
    return Figure(
        NAME,
        what,
        f"{rate(len(images), found.ours):,.0f} photos/s",
        f"{rate(len(images), found.peer):,.0f} photos/s",
        ratio,
        low,
        high,
        SPEED,
        "both decode on every core",
    )


def _bare_model(artifact: Any) -> tuple[Any, Any]:
    """transformers' model, and the squares that it reads."""
    from safetensors.torch import load_file
    from transformers import ResNetConfig, ResNetModel

    from vecstore.inputs import Frame

    settings = artifact.manifest.encoder
    shape = settings["architecture"]
    known = {name: value for name, value in shape.items() if name not in ("type", "mean", "std")}
    model: Any = ResNetModel(ResNetConfig(**known))
    model.load_state_dict(load_file(artifact.file("model.safetensors")))
    return model.eval(), Frame(settings["image_size"], settings["framing"])


def _bare(model: Any, frame: Any, images: Sequence[bytes]) -> list[Any]:
    """What one writes by hand: batch by batch decoded, normalised, seen, and the mean taken."""
    import numpy as np
    import torch

    from vecstore.inputs import image_square

    mean, std = (
        torch.tensor(three).reshape(3, 1, 1)
        for three in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    vectors = []
    with torch.inference_mode(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for at in range(0, len(images), BATCH):
            squares = list(pool.map(lambda one: image_square(one, frame), images[at : at + BATCH]))
            floats = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float() / 255
            hidden = model((floats - mean) / std).last_hidden_state.flatten(2).mean(dim=2)
            vectors.append(torch.nn.functional.normalize(hidden, dim=1).numpy())
    return vectors


def _memory(store: vecstore.Store, images: list[bytes], what: str) -> Figure:
    """What encoding more photos holds beyond what it gives back: no more than a batch of them."""
    many = [images[number % len(images)] for number in range(MORE)]
    beyond = [_beyond(store, some) for some in (many[:PHOTOS], many)]
    batch = BATCH * 3 * _side(store) ** 2 * 4
    grown = max(0, beyond[1] - beyond[0])
    return Figure(
        NAME,
        what,
        f"{grown / 2**20:,.1f} MiB",
        f"{batch / 2**20:,.1f} MiB",
        grown / batch,
        bar=GROWTH,
        note=f"vectors left out, and what torch holds; the peer is a batch of {BATCH} photos as "
        "the model reads them",
    )


def _beyond(store: vecstore.Store, images: list[bytes]) -> int:
    """The largest number of bytes held at once while photos are encoded, beyond their vectors.

    These are there twice for a moment: as one array, and each by itself.
    """
    tracemalloc.start()
    try:
        vectors = store.encode(MODEL, images)
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return int(peak - now - sum(vector.values.nbytes for vector in vectors))


def _side(store: vecstore.Store) -> int:
    manifest = store.model(MODEL).manifest
    assert manifest is not None  # it was trained a moment ago
    return int(manifest.encoder["image_size"])
