"""What the tasks that train one backbone on images share: where it starts, what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vecstore.artifacts.folder import Artifact
from vecstore.errors import InvalidArgument
from vecstore.inputs import Pixels
from vecstore.pretext.image_backbone import (
    LIBRARIES,
    Backbone,
    new_architecture,
    read_backbone,
    write_backbone,
)
from vecstore.pretext.torch_parts import numbers_in, runtime, seeded
from vecstore.tasks import Optimised, Run, Trained


class Squares:
    """Images by number, for a trainer.

    Args:
        pixels: shape (n, side, side, 3), uint8.
        numbers: which of them.
        more: other columns of a batch by name, each with a row for every image, such as labels.
    """

    def __init__(
        self,
        pixels: Pixels,
        numbers: Sequence[int] | NDArray[np.int64],
        **more: NDArray[Any],
    ) -> None:
        self._pixels, self._numbers, self._more = pixels, np.asarray(numbers), more

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, item: int) -> int:
        return int(self._numbers[item])

    def collate(self, items: Sequence[int] | NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """A batch: ``pixels`` of shape (n, side, side, 3), uint8, and the other columns."""
        batch = {"pixels": torch.from_numpy(self._pixels[items])}
        return batch | {
            name: torch.from_numpy(column[items]) for name, column in self._more.items()
        }

    def batches(self, size: int) -> Iterator[dict[str, torch.Tensor]]:
        """All of them in order, to judge by; one batch is held at a time."""
        for start in range(0, len(self), size):
            yield self.collate(self._numbers[start : start + size])


def even_batch(count: int, most: int) -> int:
    """Items a step, at most so many, such that the last step of an epoch has about as many too.

    Batch normalisation and contrast both learn badly from a step of a few images.
    """
    return -(-count // -(-count // most))


def starting_backbone(
    run: Run, starts: Sequence[Artifact] | None = None
) -> tuple[Backbone, list[str]]:
    """The backbone to train, in training mode, and what to tell about it.

    It is that of the artifact to start from, or a pretrained one, whatever shape the options ask
    for; or else a new one, drawn by the run's seed. A ResNet goes on with images of any size; a
    ViT knows places of its own size only.

    Args:
        run: the training.
        starts: the artifact with a backbone, where not all that the run starts from have one.

    Raises:
        InvalidArgument: both an artifact and a pretrained model are named, the latter cannot be
            read, or it is a ViT for images of another size.
    """
    starts = run.starts if starts is None else starts
    side = run.options["image_size"]
    pretrained = run.options.get("pretrained")
    if starts and pretrained:
        raise InvalidArgument(
            f"the training is to start from {starts[0].manifest.name} and from the pretrained "
            f"model {pretrained}; name one of them",
            field="pretrained",
        )
    if starts:
        name = starts[0].manifest.name
        backbone = read_backbone(starts[0])
        notes = [f"began with the backbone of {name}, whose shape it keeps"]
    elif pretrained:
        name = pretrained
        backbone, notes = _pretrained(name, side)
    else:
        with seeded(run.seed):
            return Backbone(new_architecture(run.options)).train(), []
    _check_side(name, backbone, side)
    return backbone.train(), notes


def _pretrained(name: str, side: int) -> tuple[Backbone, list[str]]:
    from vecstore.pretext.image_pretrained import pretrained_backbone

    backbone, best = pretrained_backbone(name)
    notes = [f"began with the pretrained model {name}, whose shape it keeps"]
    if best is not None and best != side:
        notes.append(
            f"{name} was trained on images of {best} pixels, and sees {side} here; "
            f"image_size={best} may be better, and is slower"
        )
    return backbone, notes


def _check_side(name: str, backbone: Backbone, side: int) -> None:
    expected = backbone.architecture.get("image_size", side)
    if side != expected:
        raise InvalidArgument(
            f"image_size is {side}, and {name} is a ViT for images of {expected} pixels; set "
            f"image_size={expected}",
            field="image_size",
        )


def trained_backbone(
    run: Run,
    model: torch.nn.Module,
    backbone: Backbone,
    optimised: Optimised,
    sizes: Mapping[str, int],
    notes: Sequence[str] = (),
) -> Trained:
    """What is left of a training: the backbone.

    Args:
        run: the training.
        model: all that was trained, head included.
        backbone: the part to keep.
        optimised: how it went.
        sizes: of the data.
        notes: for the person who trains.
    """
    options = run.options
    return Trained(
        write=lambda folder: write_backbone(backbone, folder),
        encoder={
            "architecture": backbone.architecture,
            "image_size": options["image_size"],
            "framing": options["framing"],
        },
        metrics=optimised.metrics,
        curve=optimised.curve,
        sizes={"trained_parameters": numbers_in(model), "steps": optimised.steps, **sizes},
        runtime=runtime(*LIBRARIES),
        notes=notes,
    )
