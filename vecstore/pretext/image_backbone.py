"""Backbones that see images: transformers' ResNet and ViT, without heads.

A backbone takes pixels in [0, 1] and normalises them itself, so that whoever hands it images needs
to know their size only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import ResNetConfig, ResNetModel, ViTConfig, ViTModel

from vecstore.artifacts.folder import Artifact
from vecstore.errors import ArtifactDamaged
from vecstore.specs import Options

WEIGHTS_FILE = "model.safetensors"
LIBRARIES = ("transformers", "torch", "pillow")

# Of ImageNet, as nearly every published backbone has them.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

_RESNET = (
    "embedding_size",
    "hidden_sizes",
    "depths",
    "layer_type",
    "hidden_act",
    "downsample_in_first_stage",
    "downsample_in_bottleneck",
)
_VIT = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "layer_norm_eps",
    "image_size",
    "patch_size",
    "qkv_bias",
)
_STAGES = 4


class Backbone(nn.Module):
    """Images to features.

    Args:
        architecture: from :func:`new_architecture` or :func:`architecture_of`; JSON values.

    Attributes:
        dim: length of the features.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, architecture: Options) -> None:
        super().__init__()
        self.architecture = dict(architecture)
        shape = {name: value for name, value in architecture.items() if name not in _OURS}
        self._is_vit = architecture["type"] == "vit"
        if self._is_vit:
            self.inner: Any = ViTModel(ViTConfig(**shape), add_pooling_layer=False)
            self.dim = int(shape["hidden_size"])
        else:
            self.inner = ResNetModel(ResNetConfig(**shape))
            self.inner.to(memory_format=torch.channels_last)  # twice as quick on CPUs
            self.dim = int(shape["hidden_sizes"][-1])
            halved = len(shape["hidden_sizes"]) + shape["downsample_in_first_stage"]
            self._single_place = 2**halved  # sides up to this are one pixel to the last stage
        for name in ("mean", "std"):
            numbers = torch.tensor(architecture[name]).reshape(3, 1, 1)
            self.register_buffer(name, numbers, persistent=False)

    def fresh(self) -> Backbone:
        """Another one of this architecture, which has learnt nothing."""
        return Backbone(self.architecture)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """One vector an image: the mean over its places; shape (n, dim).

        Args:
            pixels: shape (n, 3, side, side), in [0, 1].
        """
        return self.places(pixels).mean(dim=1)

    def places(self, pixels: torch.Tensor) -> torch.Tensor:
        """What is seen at each place; shape (n, places, dim)."""
        given = (pixels - self.mean) / self.std
        if self._is_vit:
            hidden: torch.Tensor = self.inner(given).last_hidden_state[:, 1:]
            return hidden
        given = given.contiguous(memory_format=torch.channels_last)
        with self._precision(given):
            seen: torch.Tensor = self.inner(given).last_hidden_state
        return seen.flatten(2).transpose(1, 2)

    def _precision(self, given: torch.Tensor) -> torch.autocast:
        """As it is around; but float32 for the smallest images.

        On CPUs, the gradient in bf16 of a convolution that strides over a single pixel holds
        whatever was in memory, NaN among it.
        """
        kind = given.device.type
        wanted = torch.is_autocast_enabled(kind) and given.shape[-1] > self._single_place
        return torch.autocast(kind, torch.get_autocast_dtype(kind), enabled=wanted)


_OURS = ("type", "mean", "std")


def new_architecture(options: Options) -> dict[str, Any]:
    """The architecture that a task's options ask for, once checked."""
    width, depth = options["width"], options["depth"]
    if options["backbone"] == "vit":
        config: Any = ViTConfig(
            hidden_size=width,
            num_hidden_layers=depth,
            num_attention_heads=options["heads"],
            intermediate_size=4 * width,
            image_size=options["image_size"],
            patch_size=options["patch"],
        )
    else:
        config = ResNetConfig(
            embedding_size=width,
            hidden_sizes=[width * 2**stage for stage in range(_STAGES)],
            depths=[depth] * _STAGES,
            layer_type="basic",
        )
    return architecture_of(config)


def architecture_of(
    config: Any, mean: tuple[float, ...] = MEAN, std: tuple[float, ...] = STD
) -> dict[str, Any]:
    """What of a ViT's or ResNet's configuration decides numbers; JSON values."""
    kind: str = config.model_type
    shape = {name: getattr(config, name) for name in (_VIT if kind == "vit" else _RESNET)}
    return {"type": kind, **shape, "mean": list(mean), "std": list(std)}


def write_backbone(backbone: Backbone, folder: Path) -> None:
    """Write a backbone's weights.

    Raises:
        OSError: the disk's answer.
    """
    save_file(weights_of(backbone.inner), folder / WEIGHTS_FILE)


def weights_of(module: nn.Module) -> dict[str, torch.Tensor]:
    """A module's numbers by name, as safetensors takes them."""
    return {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in module.state_dict().items()
    }


def read_backbone(artifact: Artifact) -> Backbone:
    """The backbone of an artifact of a task on images, in evaluation mode.

    Raises:
        ArtifactDamaged: its weights do not fit.
    """
    with torch.random.fork_rng():  # what it draws first is thrown away
        backbone = Backbone(artifact.manifest.encoder["architecture"])
    fill(backbone.inner, load_file(artifact.file(WEIGHTS_FILE)), artifact)
    return backbone.eval()


def fill(
    module: nn.Module,
    weights: Mapping[str, torch.Tensor],
    artifact: Artifact,
    file: str = WEIGHTS_FILE,
) -> None:
    """Give a module the weights of an artifact.

    Args:
        module: to fill.
        weights: by name.
        artifact: has them.
        file: in which of its files.

    Raises:
        ArtifactDamaged: they are not those of such a module.
    """
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise ArtifactDamaged(
            f"the weights of {artifact.manifest.name} do not fit its model ({error}); get the "
            "artifact again",
            file=file,
        ) from error
