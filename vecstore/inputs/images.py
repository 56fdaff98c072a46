"""The bytes of an image to pixels: one way for all encoders, careful with whatever comes in.

Nothing is decoded before format, frames and number of pixels are known from the header, and
nothing is ever fetched: an image is its bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vecstore.errors import InvalidArgument, InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Pixels = NDArray[np.uint8]

MAX_PIXELS = 178_956_970
"""Width times height beyond which nothing is decoded, whatever a store's settings say: Pillow's
own limit."""

FRAMINGS = ("crop", "squash", "pad")

_FORMATS = ("PNG", "JPEG", "WEBP")
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class ImageForm:
    """What the header of an image file says: format (PNG, JPEG or WEBP), width and height."""

    format: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Frame:
    """How an image becomes a square of one size.

    Args:
        side: of the square, in pixels.
        framing: "crop" keeps the middle square; "squash" the whole, out of proportion; "pad" the
            whole, in proportion, between white bars.
    """

    side: int
    framing: str = "crop"

    def __post_init__(self) -> None:
        if self.side < 1 or self.framing not in FRAMINGS:
            raise InvalidArgument(
                f"images cannot be framed by {self.framing!r} at a side of {self.side}; the side "
                f"is 1 or more, the framing one of {', '.join(FRAMINGS)}",
                field="frame",
            )

    def square(self, image: Image) -> Pixels:
        """An image in RGB as pixels of shape (side, side, 3), uint8."""
        from PIL.Image import Resampling, new

        size, (width, height) = (self.side, self.side), image.size
        if self.framing == "pad":
            scale = self.side / max(width, height)
            inner = max(1, round(width * scale)), max(1, round(height * scale))
            ground = new("RGB", size, _WHITE)
            place = (self.side - inner[0]) // 2, (self.side - inner[1]) // 2
            ground.paste(image.resize(inner, Resampling.BICUBIC), place)
            return np.asarray(ground)
        box = (0.0, 0.0, float(width), float(height))
        if self.framing == "crop":
            short = min(width, height)
            left, top = (width - short) / 2, (height - short) / 2
            box = (left, top, left + short, top + short)
        # Cut and scaled in one: a long, thin image is never large in between.
        return np.asarray(image.resize(size, Resampling.BICUBIC, box))


def image_square(data: bytes, frame: Frame, *, max_pixels: int = MAX_PIXELS) -> Pixels:
    """An image file as a square; see :func:`decode_image` and :class:`Frame`."""
    return frame.square(decode_image(data, max_pixels=max_pixels, least=2 * frame.side))


def decode_image(data: bytes, *, max_pixels: int = MAX_PIXELS, least: int | None = None) -> Image:
    """An image file as a Pillow image in RGB, 8 bits a channel, the right way up.

    EXIF rotation is applied. What is transparent shows white. Grey, palette, CMYK and 16-bit images
    become the same RGB as everything else.

    Args:
        data: the bytes of a PNG, JPEG or WebP file.
        max_pixels: width times height that are still decoded.
        least: a side that is enough: a JPEG that is larger may be decoded at 1/2, 1/4 or 1/8 of
            its size, which is much quicker. None for its full size.

    Raises:
        InvalidInput: another format, animated, too large, cut off or corrupt.
    """
    from PIL.ImageOps import exif_transpose

    with _opened(data, max_pixels) as opened:
        if least is not None and opened.format == "JPEG":
            opened.draft(opened.mode, (least, least))
        opened.load()
        exif_transpose(opened, in_place=True)  # a copy of a large image is large
        return _rgb(opened)


def image_form(data: bytes, *, max_pixels: int = MAX_PIXELS) -> ImageForm:
    """Format and size of an image file, from its header.

    Args:
        data: the bytes of a PNG, JPEG or WebP file.
        max_pixels: width times height that are allowed.

    Raises:
        InvalidInput: another format, animated, too large, or a header that cannot be read.
    """
    with _opened(data, max_pixels) as opened:
        return ImageForm(str(opened.format), *opened.size)


@contextmanager
def _opened(data: bytes, max_pixels: int) -> Iterator[ImageFile]:
    """An image whose header is known to be all right; what Pillow raises becomes InvalidInput."""
    from PIL import Image, UnidentifiedImageError

    try:
        opened = Image.open(io.BytesIO(data), formats=_FORMATS)
        _require_still(opened, max_pixels)
        yield opened
    except InvalidInput:
        raise
    except Image.DecompressionBombError as error:
        raise InvalidInput(
            f"the image is far too large: more than {MAX_PIXELS} pixels, where at most "
            f"{min(max_pixels, MAX_PIXELS)} are allowed; scale it down",
            field="image",
        ) from error
    except UnidentifiedImageError as error:
        raise InvalidInput(
            f"the image of {len(data)} bytes is no PNG, JPEG or WebP, or its beginning is "
            "damaged; send the bytes of such a file",
            field="image",
        ) from error
    # Its decoders raise nearly anything on what is damaged.
    except Exception as error:
        raise InvalidInput(
            f"the image of {len(data)} bytes cannot be decoded ({error}); it is damaged or cut "
            "off: get it again",
            field="image",
        ) from error


def _require_still(image: Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise InvalidInput(
            f"the image has {width} x {height} pixels; at most {max_pixels} in all are allowed: "
            "scale it down",
            field="image",
        )
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InvalidInput(
            f"the image is animated ({frames} frames); send one frame as an image of its own",
            field="image",
        )


def _rgb(image: Image) -> Image:
    from PIL.Image import new

    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        shown = image.convert("RGBA")
        ground = new("RGB", shown.size, _WHITE)
        ground.paste(shown, mask=shown.getchannel("A"))
        return ground
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image) -> Image:
    """16-bit grey, of which Pillow's own conversion keeps the low bits only."""
    from PIL.Image import fromarray

    values = np.asarray(image).astype(np.float64) / 257.0
    return fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
