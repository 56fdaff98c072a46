"""Images to vectors by a trained backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from vecstore.artifacts.folder import Artifact
from vecstore.artifacts.weights import weights_digest
from vecstore.inputs import Frame
from vecstore.pretext.image_backbone import LIBRARIES, WEIGHTS_FILE, Backbone, read_backbone
from vecstore.pretext.image_reading import squares
from vecstore.pretext.torch_parts import check_load_batch, device_named, redrawn, runtime
from vecstore.pretext.twins import twin_identity
from vecstore.pretext.unit_vectors import unit
from vecstore.records import Input, Modality, Role
from vecstore.spaces import FloatArray, Identity
from vecstore.specs import Encoder, Options

_REVISION = 1


class ImageEncoder(Encoder):
    """An image's vector is the mean over its places in the backbone's last layer, at length 1.

    May be used from several threads.

    Args:
        model: in evaluation mode.
        frame: how images become squares.
        identity: what decides the numbers.
        batch_size: images that the model reads at a time.
    """

    modalities = frozenset({Modality.IMAGE})
    normalized = True

    def __init__(
        self,
        model: Backbone,
        frame: Frame,
        identity: Identity,
        batch_size: int,
    ) -> None:
        self._model, self._frame, self._batch_size = model, frame, batch_size
        self._device = next(model.parameters()).device
        self._identity = identity
        self.dim = model.dim

    def identity(self) -> Identity:
        return self._identity

    def encode(self, inputs: Sequence[Input], role: Role) -> FloatArray:  # noqa: ARG002 - one way
        return image_vectors(
            self._model, self.dim, inputs, self._frame, self._batch_size, self._device
        )

    def runtime(self) -> Mapping[str, str]:
        return {**runtime(*LIBRARIES), "device": str(self._device)}

    def random_twin(self, seed: int) -> Encoder:
        model = redrawn(self._model.fresh, self._device, seed)
        identity = twin_identity(self._identity, seed)
        return ImageEncoder(model, self._frame, identity, self._batch_size)


@torch.inference_mode()
def image_vectors(
    model: Any,
    dim: int,
    inputs: Sequence[Input],
    frame: Frame,
    batch_size: int,
    device: torch.device,
) -> FloatArray:
    """Vectors of length 1 of images, shape (n, dim), float32.

    Raises:
        InvalidInput: one cannot be decoded; ``input`` says which.
    """
    vectors = np.empty((len(inputs), dim), dtype=np.float32)
    for part, pixels in squares(inputs, frame, batch_size):
        features = model(to_floats(torch.from_numpy(pixels).to(device)))
        vectors[part] = unit(features).cpu().numpy()
    return vectors


def to_floats(pixels: torch.Tensor, side: int | None = None) -> torch.Tensor:
    """Pixels of shape (n, h, w, 3), uint8, to (n, 3, side, side) in [0, 1]; scaled where needed."""
    # In place: for a batch, fetching new memory would take longer than the division.
    floats = pixels.permute(0, 3, 1, 2).float().div_(255.0)
    if side is None or floats.shape[-1] == side:
        return floats
    return torch.nn.functional.interpolate(
        floats, (side, side), mode="bilinear", antialias=True, align_corners=False
    )


def preprocessing(frame: Frame) -> dict[str, Any]:
    """The identity's part on how files become pixels."""
    return {
        "image_size": frame.side,
        "framing": frame.framing,
        "decoding": "rgb/1",
        "resampling": "bicubic",
    }


def load_encoder(artifact: Artifact, options: Options) -> ImageEncoder:
    """The encoder of an artifact of a task that trains one backbone.

    Raises:
        InvalidArgument: a device that there is not, or no batch size.
        ArtifactDamaged: weights that do not fit.
    """
    check_load_batch(options)
    device = device_named(options["device"])
    backbone = read_backbone(artifact).to(device)
    settings = artifact.manifest.encoder
    frame = Frame(settings["image_size"], settings["framing"])
    identity = Identity(
        {
            "encoder": f"{artifact.manifest.task}/{_REVISION}",
            "weights": weights_digest([("0", artifact.file(WEIGHTS_FILE))]),
            "architecture": backbone.architecture,
            "preprocessing": preprocessing(frame),
            "pooling": "mean",
            "normalized": True,
            "dim": backbone.dim,
        }
    )
    return ImageEncoder(backbone, frame, identity, options["batch_size"])
