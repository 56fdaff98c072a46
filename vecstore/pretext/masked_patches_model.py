"""The masked autoencoder: transformers' ViTMAE, with positions that it can tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from transformers import ViTMAEConfig, ViTMAEForPreTraining

from vecstore.pretext.image_encoder import to_floats
from vecstore.pretext.image_views import Views
from vecstore.specs import Options

_OURS = ("type", "mean", "std")
_LONGEST_WAVE = 10_000.0
_SMALL = 1e-6
_TOKEN = 0.02


class MaskedAutoencoder(nn.Module):
    """An encoder of the patches that are left visible, and a decoder that paints the others.

    In training, views and masks are drawn by torch's generator.

    Args:
        architecture: of the encoder; see :func:`vecstore.pretext.image_backbone.new_architecture`.
        options: of the task; those of decoder, masks, targets and views are read.

    Attributes:
        patches: in an image.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, architecture: Options, options: Options) -> None:
        super().__init__()
        self._side = int(architecture["image_size"])
        self._views = Views({**options, "image_size": self._side})
        self.inner: Any = ViTMAEForPreTraining(_config(architecture, options))
        _draw(self.inner)
        _place(self.inner)
        self.patches = int(self.inner.vit.embeddings.patch_embeddings.num_patches)
        for name in ("mean", "std"):
            numbers = torch.tensor(architecture[name]).reshape(3, 1, 1)
            self.register_buffer(name, numbers, persistent=False)

    @property
    def encoder(self) -> nn.Module:
        """What is left when the decoder is dropped; its weights have the names of a ViTModel's."""
        encoder: nn.Module = self.inner.vit
        return encoder

    def forward(
        self, pixels: torch.Tensor, noise: torch.Tensor | None = None
    ) -> Mapping[str, torch.Tensor]:
        """Hide patches, and paint them.

        Args:
            pixels: shape (n, h, w, 3), uint8.
            noise: shape (n, patches); the patches of the highest numbers are hidden. None to draw
                it.

        Returns:
            ``loss``: the mean squared error over the numbers of hidden patches.
        """
        loss: torch.Tensor = self.inner(pixel_values=self.seen(pixels), noise=noise).loss
        return {"loss": loss}

    def seen(self, pixels: torch.Tensor) -> torch.Tensor:
        """What the encoder sees of images, which is also what is painted.

        Args:
            pixels: shape (n, h, w, 3), uint8.

        Returns:
            Shape (n, 3, side, side), normalised: views in training, all of the image otherwise.
        """
        seen = self._views(pixels) if self.training else to_floats(pixels, self._side)
        return (seen - self.mean) / self.std

    def targets(self, pixels: torch.Tensor) -> torch.Tensor:
        """What is to be painted, as ViTMAE has it; shape (n, patches, numbers of a patch)."""
        patches: torch.Tensor = self.inner.patchify(self.seen(pixels))
        if not self.inner.config.norm_pix_loss:
            return patches
        variance, mean = torch.var_mean(patches, dim=2, keepdim=True)
        return (patches - mean) / (variance + _SMALL).sqrt()

    def hidden(self, noise: torch.Tensor) -> torch.Tensor:
        """Which patches are hidden where this is the noise; shape (n, patches), bool."""
        visible = int(self.patches * (1 - self.inner.config.mask_ratio))
        return noise.argsort(dim=1).argsort(dim=1) >= visible


def _config(architecture: Options, options: Options) -> ViTMAEConfig:
    shape = {name: value for name, value in architecture.items() if name not in _OURS}
    config: Any = ViTMAEConfig  # one of its keywords carries no type
    made: ViTMAEConfig = config(
        **shape,
        decoder_hidden_size=options["decoder_width"],
        decoder_num_hidden_layers=options["decoder_depth"],
        decoder_num_attention_heads=options["decoder_heads"],
        decoder_intermediate_size=4 * options["decoder_width"],
        mask_ratio=options["mask_share"],
        norm_pix_loss=options["normalised_targets"],
        # Twice as quick as the fused kernels on sequences this short, with bf16 on CPUs.
        attn_implementation="eager",
    )
    return made


def _draw(model: Any) -> None:
    """Draw the weights as the paper does (appendix A.1): Xavier's, and small tokens.

    ViTMAE's own are far smaller at such widths, and learn nothing for several epochs.
    """
    for part in model.modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_uniform_(part.weight)
    nn.init.xavier_uniform_(model.vit.embeddings.patch_embeddings.projection.weight.data.flatten(1))
    for token in (model.vit.embeddings.cls_token, model.decoder.mask_token):
        nn.init.normal_(token, std=_TOKEN)


def _place(model: Any) -> None:
    """Give encoder and decoder their positions, which a new ViTMAE has at zero and never trains."""
    for positions in (model.vit.embeddings.position_embeddings, model.decoder.decoder_pos_embed):
        _, places, width = positions.shape
        positions.data.copy_(sincos_positions(round((places - 1) ** 0.5), width))


def sincos_positions(side: int, width: int) -> torch.Tensor:
    """Fixed positions in a square: sines and cosines, half of them of x, half of y.

    Args:
        side: patches in a row, and rows.
        width: a multiple of 4.

    Returns:
        Shape (1, 1 + side * side, width), float32; first the class token's, which is zero.
    """
    quarter = width // 4
    rates = _LONGEST_WAVE ** -(torch.arange(quarter, dtype=torch.float64) / quarter)
    angles = torch.arange(side, dtype=torch.float64)[:, None] * rates
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    across = waves[None, :].expand(side, side, -1)
    down = waves[:, None].expand(side, side, -1)
    patches = torch.cat([across, down], dim=2).reshape(1, side * side, width)
    return torch.cat([torch.zeros(1, 1, width), patches.float()], dim=1)
