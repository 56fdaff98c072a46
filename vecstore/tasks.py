"""What a pretext task is: the cheap description by which it is found, and what its training sees.

A task is two functions: ``fit`` turns data into a trained backbone, ``load`` turns an artifact
into an encoder. Everything around them (checkpoints' place, the artifact, fingerprint, canaries,
registration) is the same for every task, and done by :mod:`vecstore.training`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.manifest import CurvePoint
from vecstore.inputs import Frame, Pixels
from vecstore.records import Modality
from vecstore.specs import Encoder, Option, Options


class DataKind(StrEnum):
    """The form of the data that a task learns from."""

    TEXT = "text"
    TABLE = "table"
    IMAGES = "images"
    LABELLED_IMAGES = "images with labels"
    PAIRS = "images with texts"


@dataclass(frozen=True, slots=True)
class TextData:
    """Texts in documents.

    Args:
        documents: each a sequence of passages (lines, or rows of one document), in their order.
            No passage is blank, no document is empty.
        digest: sha256 (hex) of the content.
    """

    documents: Sequence[Sequence[str]]
    digest: str

    @property
    def counts(self) -> dict[str, int]:
        """How much there is, for the manifest."""
        return {
            "documents": len(self.documents),
            "passages": sum(len(document) for document in self.documents),
            "characters": sum(len(p) for document in self.documents for p in document),
        }

    def passages(self) -> Iterator[str]:
        """Every passage, in order."""
        for document in self.documents:
            yield from document


@dataclass(frozen=True, slots=True)
class TableData:
    """Rows of categories with a target.

    Args:
        columns: the categories by column, one text a row; an empty text is a missing value.
        target: what is to be predicted, one text a row.
        target_name: the target's column.
        digest: sha256 (hex) of the content.
    """

    columns: Mapping[str, Sequence[str]]
    target: Sequence[str]
    target_name: str
    digest: str

    @property
    def counts(self) -> dict[str, int]:
        """How much there is, for the manifest."""
        return {"rows": len(self.target), "columns": len(self.columns)}


@dataclass(frozen=True, slots=True)
class ImageData:
    """Images, each decoded once to a square.

    Args:
        pixels: shape (n, side, side, 3), uint8, RGB; the side and the framing are the task's. May
            be a memory map: index it, do not copy it whole.
        digest: sha256 (hex) of the images' bytes and labels, in their order.
        labels: one text an image; None where the task wants none.
        skipped: images that could not be used, and were passed over as asked.
    """

    pixels: Pixels
    digest: str
    labels: Sequence[str] | None = None
    skipped: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How much there is, for the manifest."""
        found = {"images": len(self.pixels), "skipped": self.skipped}
        if self.labels is not None:
            found["classes"] = len(set(self.labels))
        return found


@dataclass(frozen=True, slots=True)
class PairData:
    """Images with the texts that go with them; several texts may share an image.

    Args:
        pixels: as in :class:`ImageData`.
        texts: one a pair, none of them blank.
        image_of: shape (pairs,), int64: which image each text goes with.
        digest: sha256 (hex) of the images' bytes and the texts, in the order of the pairs.
        skipped: pairs that could not be used, and were passed over as asked.
    """

    pixels: Pixels
    texts: Sequence[str]
    image_of: NDArray[np.int64]
    digest: str
    skipped: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How much there is, for the manifest."""
        return {"pairs": len(self.texts), "images": len(self.pixels), "skipped": self.skipped}


TrainingData = TextData | TableData | ImageData | PairData


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training has come.

    Args:
        stage: what is being done, such as "training".
        step, steps: steps (or epochs) done, and of how many; ``steps`` is None where unknown.
        loss: the training loss of late; None before there is one.
        validation: the latest loss on held-out data.
        rate: units done a second.
        unit: of the rate, such as "tokens" or "words".
        seconds_left: None where unknown.
    """

    stage: str
    step: int = 0
    steps: int | None = None
    loss: float | None = None
    validation: float | None = None
    rate: float | None = None
    unit: str = ""
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class TorchJob:
    """A torch model and the way it learns, for :meth:`Run.optimise`.

    Args:
        model: a torch.nn.Module; ``model(**batch)`` returns a mapping with the scalar ``loss``.
        train: a map-style dataset. What is drawn at random for an item must follow from the seed,
            the item's number and the epoch alone, so that a resumed run draws the same. Where it
            has a method ``set_epoch``, it is told the number of an epoch before its first item.
        collate: (list of items) -> batch: a dict of tensors.
        batch_size: items a step (on each device).
        epochs: rounds over ``train``, where no budget of minutes is given.
        learning_rate: at its height; warmed up linearly, then falling linearly to zero.
        warmup: share of the steps that warm up.
        weight_decay: of AdamW, on matrices only.
        judge: (model in evaluation mode) -> figures on held-out data, "loss" among them; None
            where nothing is held out. The model is on the device of the training; no gradients
            are kept.
        evaluations: how often it is called over the whole training.
        patience: evaluations without a better loss after which the training stops; 0 for never.
            The weights of the best evaluation are kept.
        precision: "float32", "bf16", or "auto": bf16 where the device is quicker with it.
        units: (batch) -> how much of ``unit`` a batch holds, for the rate.
        unit: what the rate counts.
        lengths: how long each item is; items of about equal length then share a batch. None for
            batches of any items.
    """

    model: Any
    train: Any
    collate: Callable[[list[Any]], dict[str, Any]]
    batch_size: int
    epochs: float
    learning_rate: float
    warmup: float = 0.06
    weight_decay: float = 0.01
    judge: Callable[[Any], Mapping[str, float]] | None = None
    evaluations: int = 10
    patience: int = 0
    precision: str = "auto"
    units: Callable[[Mapping[str, Any]], int] | None = None
    unit: str = "items"
    lengths: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Optimised:
    """What :meth:`Run.optimise` leaves: the job's model holds the weights to keep.

    Args:
        metrics: ``judge`` of these weights.
        curve: losses over the training.
        steps: steps made.
    """

    metrics: Mapping[str, float]
    curve: Sequence[CurvePoint]
    steps: int


class Run(Protocol):
    """One training under way, as its task sees it.

    Attributes:
        options: every option of the task with its value.
        seed: for everything that is drawn at random.
        minutes: the budget; None for what the options say.
        folder: for checkpoints; what lies there at the start is from an interrupted run of the
            same training, and is to be gone on from. Removed once the model is registered.
        starts: the artifacts to start from, none of them twice; empty for from scratch.
    """

    @property
    def options(self) -> Options: ...
    @property
    def seed(self) -> int: ...
    @property
    def minutes(self) -> float | None: ...
    @property
    def folder(self) -> Path: ...
    @property
    def starts(self) -> Sequence[Artifact]: ...

    def report(self, progress: Progress) -> None:
        """Tell whoever watches. Cheap; may be called at every step."""

    def optimise(self, job: TorchJob) -> Optimised:
        """Train a torch model: checkpoints, resume, budget, early stopping, precision, devices.

        Raises:
            TrainingFailed: the loss is no number any more; the last good checkpoint is kept.
            StorageError: a checkpoint cannot be written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What ``fit`` gives back: the backbone without its head, and what is known about it.

    Args:
        write: (empty folder) -> writes the backbone and what its encoder needs, as files; weights
            as safetensors. Called once.
        encoder: settings for ``load``, as JSON values; kept in the manifest.
        metrics: figures on held-out data.
        curve: losses over the training.
        sizes: such as ``{"trained_parameters": head included, "vocabulary": ...}``.
        runtime: versions of the libraries used.
        notes: sentences for the person who trains, where something needs saying.
    """

    write: Callable[[Path], None]
    encoder: Options
    metrics: Mapping[str, float]
    curve: Sequence[CurvePoint]
    sizes: Mapping[str, int]
    runtime: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PretextSpec:
    """A pretext task. It is also the loader, of the same name, of what it has trained.

    Args:
        name: its name, unique among all tasks and loaders.
        summary: one sentence: what is learnt from what.
        paper: the method's source.
        modalities: what its encoders read.
        reads: the data it learns from.
        fit: (data, run) -> a trained backbone. Heavy imports go in here. Raises InvalidInput
            where the data does not serve.
        load: (artifact, load options) -> Encoder.
        options: the settings of a training.
        load_options: the settings of a load, such as the device; they do not decide numbers.
        starts_from: tasks whose artifacts it can start from.
        most_starts: from how many artifacts at once.
        frame: (options) -> the squares that it wants images as; None where it wants no images.
        requires: modules that ``fit`` needs, and that may not be installed.
        extra: what to install where they are not, such as "vecstore-server[training]".
    """

    name: str
    summary: str
    paper: str
    modalities: tuple[Modality, ...]
    reads: DataKind
    fit: Callable[[Any, Run], Trained]
    load: Callable[[Artifact, Options], Encoder]
    options: tuple[Option, ...] = ()
    load_options: tuple[Option, ...] = ()
    starts_from: tuple[str, ...] = ()
    most_starts: int = 1
    frame: Callable[[Options], Frame] | None = None
    requires: tuple[str, ...] = ()
    extra: str = ""
