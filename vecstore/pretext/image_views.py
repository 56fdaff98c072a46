"""Views of images: other cuts, colours and sharpness, drawn anew for every image of a batch.

What is drawn comes from torch's generator alone, so that it follows from a training's seed and
step.
"""

from __future__ import annotations

import math
from typing import Any

import kornia.augmentation as kornia
import torch

from vecstore.pretext.image_encoder import to_floats
from vecstore.specs import Options

_COLOURED = 0.8  # share of the images whose colours are moved
_SHAPES = (3 / 4, 4 / 3)  # width by height of what is cut out
_SIGMAS = (0.1, 2.0)
_BLUR_SIDE = 0.1  # of the image's

# Brightness and two axes of colour (YIQ): turning the latter changes the hue.
_TO_YIQ = (
    (0.299, 0.587, 0.114),
    (0.595716, -0.274453, -0.321263),
    (0.211456, -0.522591, 0.311135),
)
_HUE = 0.2 * math.tau  # at strength 1


class Views:
    """Draws a view of each image of a batch, by kornia.

    Chen et al.: A Simple Framework for Contrastive Learning of Visual Representations, 2020,
    arXiv:2002.05709, appendix A.

    Args:
        options: with those of :func:`vecstore.pretext.image_view_options.view_options` and
            ``image_size``, the side of a view.
    """

    def __init__(self, options: Options) -> None:
        self._side: int = options["image_size"]
        self._crop: float = options["crop"]
        self._colour: float = options["colour"]
        self._before = _placing(options)
        self._after = _spoiling(options)

    @torch.no_grad()
    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """One view of each image.

        Args:
            pixels: shape (n, side, side, 3), uint8.

        Returns:
            Shape (n, 3, image_size, image_size), float32, in [0, 1].
        """
        with torch.autocast(pixels.device.type, enabled=False):
            seen = self._cut(pixels)
            for change in self._before:
                seen = change(seen)
            if self._colour:
                seen = moved_colours(seen, self._colour)
            for change in self._after:
                seen = change(seen)
            return seen.clamp(0.0, 1.0)

    def _cut(self, pixels: torch.Tensor) -> torch.Tensor:
        if self._crop == 1.0:
            return to_floats(pixels, self._side)
        # Image by image is quicker on a CPU, all in one on a GPU.
        mode = "slice" if pixels.device.type == "cpu" else "resample"
        size = (self._side, self._side)
        cut: Any = kornia.RandomResizedCrop(
            size, scale=(self._crop, 1.0), ratio=_SHAPES, cropping_mode=mode
        )
        result: torch.Tensor = cut(to_floats(pixels))
        return result


def _placing(options: Options) -> list[Any]:
    changes: list[Any] = []
    if options["flip"]:
        changes.append(kornia.RandomHorizontalFlip(p=options["flip"]))
    if options["rotation"]:
        # Black corners would be the same ones in every training, and in no photo.
        turned = kornia.RandomAffine(options["rotation"], p=1.0, padding_mode="border")
        changes.append(turned)
    return changes


def _spoiling(options: Options) -> list[Any]:
    changes: list[Any] = []
    if options["grey"]:
        changes.append(kornia.RandomGrayscale(p=options["grey"]))
    if options["blur"]:
        side = max(3, round(_BLUR_SIDE * options["image_size"]) // 2 * 2 + 1)
        changes.append(kornia.RandomGaussianBlur((side, side), _SIGMAS, p=options["blur"]))
    return changes


def moved_colours(images: torch.Tensor, strength: float) -> torch.Tensor:
    """Most images of a batch in another brightness, contrast, saturation and hue.

    All four are one product with a matrix here: kornia's own way by HSV takes 17 times as long on
    a CPU, and would cost a small backbone a third of its time.

    Args:
        images: shape (n, 3, h, w), in [0, 1].
        strength: 1 for brightness, contrast and saturation between 0.2 and 1.8 times what they
            were, and hues up to a fifth of the circle away.

    Returns:
        As given, in [0, 1].
    """
    count, device = len(images), images.device
    drawn = 2.0 * torch.rand(4, count, device=device) - 1.0
    drawn = drawn * strength * (torch.rand(count, device=device) < _COLOURED)
    brightness, contrast, saturation = (1.0 + 0.8 * drawn[:3]).unbind()
    to_yiq = torch.tensor(_TO_YIQ, device=device)
    mixing = torch.linalg.inv(to_yiq) @ _turned(saturation, _HUE * drawn[3]) @ to_yiq
    mixing = (brightness * contrast)[:, None, None] * mixing
    mean = torch.einsum("c,nchw->n", to_yiq[0], images) / images[0, 0].numel()
    shift = (brightness * (1.0 - contrast) * mean)[:, None, None].expand(-1, 3, 1)
    moved = torch.baddbmm(shift, mixing, images.flatten(2))
    return moved.clamp_(0.0, 1.0).view_as(images)


def _turned(saturation: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    """Matrices, shape (n, 3, 3), that turn and stretch the two axes of colour."""
    cosine, sine = saturation * angle.cos(), saturation * angle.sin()
    matrix = torch.zeros(len(angle), 3, 3, device=angle.device)
    matrix[:, 0, 0] = 1.0
    matrix[:, 1, 1] = matrix[:, 2, 2] = cosine
    matrix[:, 1, 2], matrix[:, 2, 1] = -sine, sine
    return matrix
