"""Texts of two topics whose words never meet, and a run without a session around it."""

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.manifest import Manifest
from vecstore.encoders.options import resolve_options
from vecstore.inputs import image_square
from vecstore.tasks import (
    DataKind,
    ImageData,
    Optimised,
    Progress,
    TableData,
    TextData,
    TorchJob,
    Trained,
)

TOPICS = (
    ["cat", "dog", "bird", "fish", "tail", "fur", "paw", "feather", "claw", "whisker"],
    ["iron", "steel", "copper", "zinc", "alloy", "furnace", "ore", "metal", "rust", "weld"],
)


@dataclass
class PlainRun:
    """What a task sees of its training; ``reports`` is what it said."""

    options: dict[str, Any]
    folder: Path
    seed: int = 7
    minutes: float | None = None
    starts: Sequence[Artifact] = ()
    watch: Callable[[Progress], None] = lambda progress: None
    reports: list[Progress] = field(default_factory=list)

    def report(self, progress: Progress) -> None:
        self.reports.append(progress)
        self.watch(progress)

    def optimise(self, job: TorchJob) -> Optimised:
        from vecstore.training.trainer import optimise

        return optimise(
            job, seed=self.seed, minutes=self.minutes, folder=self.folder, report=self.report
        )


@pytest.fixture(scope="session")
def topics():
    return TOPICS


@pytest.fixture(scope="session")
def topic_texts():
    """300 texts of ten words, each of one topic."""
    rng = random.Random(3)
    return [" ".join(rng.choices(TOPICS[n % 2], k=10)) for n in range(300)]


@pytest.fixture(scope="session")
def topic_data(topic_texts):
    return TextData([[text] for text in topic_texts], "0" * 64)


@pytest.fixture(scope="session")
def rides():
    """240 rows: hours of the day and days, and how many rode; neighbouring hours are alike."""
    rng = random.Random(5)
    rows = [(rng.randrange(8), rng.choice(["Mon", "Sat", "Sun"])) for _ in range(240)]
    counts = [200 * abs(4 - hour) + 90 * (day == "Mon") + rng.randrange(9) for hour, day in rows]
    return TableData(
        columns={"hr": [str(hour) for hour, _ in rows], "day": [day for _, day in rows]},
        target=[str(count) for count in counts],
        target_name="cnt",
        digest="0" * 64,
    )


@pytest.fixture(scope="session")
def make_run():
    """(task, folder, **settings of the run, options={...}) -> a run."""

    def make(task, folder, *, options=None, **settings):
        folder.mkdir(exist_ok=True)
        return PlainRun(resolve_options(task, options or {}), folder, **settings)

    return make


@pytest.fixture
def plain_run(make_run, tmp_path):
    """(task, **settings of the run, options={...}) -> a run with a folder."""

    def make(task, **settings):
        return make_run(task, settings.pop("folder", tmp_path / "checkpoints"), **settings)

    return make


@pytest.fixture(scope="session")
def as_artifact():
    """(what fit returned, folder) -> an artifact with its files, not sealed."""

    def make(trained: Trained, folder: Path, task: str = "task") -> Artifact:
        folder.mkdir()
        trained.write(folder)
        manifest = Manifest(
            name="model@1",
            task=task,
            options={},
            encoder=trained.encoder,
            data={},
            seed=0,
            minutes=None,
            seconds=0.0,
            sizes=trained.sizes,
            metrics=trained.metrics,
            curve=trained.curve,
            lineage=(),
            fingerprint="",
            parts={},
            dim=0,
            created_at="",
            files={path.name: None for path in folder.iterdir()},
        )
        return Artifact(folder, manifest)

    return make


@pytest.fixture(scope="module")
def one_thread():
    """Models this small are quickest in one thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def striped():
    """60 photos (PNG) with the label "flat" or "upright": stripes of two colours, and noise."""
    rng = np.random.default_rng(11)
    return [
        (striped_png(rng, upright=bool(n % 2)), "upright" if n % 2 else "flat") for n in range(60)
    ]


def striped_png(rng: np.random.Generator, *, upright: bool) -> bytes:
    bars = (np.arange(24) + rng.integers(8)) // 4 % 2
    stripes = np.broadcast_to(bars if upright else bars[:, None], (24, 24))[:, :, None]
    colours = rng.integers(0, 256, (2, 3))
    pixels = np.where(stripes, colours[0], colours[1]) + rng.normal(0, 8, (24, 24, 3))
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def image_data(striped):
    """The striped photos as a task with the framing of (options) sees them."""

    def make(task, options, photos=striped):
        frame = task.frame(options)
        pixels = np.stack([image_square(data, frame) for data, _ in photos])
        labels = [label for _, label in photos]
        labelled = task.reads is DataKind.LABELLED_IMAGES
        return ImageData(pixels, "0" * 64, labels if labelled else None)

    return make
