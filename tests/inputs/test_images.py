"""Images of every kind become the same RGB; what is no such image is refused before decoding."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from vecstore.encoders.canary_inputs import images as canary_images
from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import MAX_PIXELS, Frame, decode_image

RED, BLUE = (200, 30, 40), (20, 40, 210)


def two_halves(mode="RGB", width=16, height=8):
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.convert(mode)


def saved(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def pixels(data):
    return np.asarray(decode_image(data)).astype(int)


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "RGBA", "P")),
        *(("JPEG", mode) for mode in ("RGB", "CMYK")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA", "P")),
    ],
)
def test_every_mode_becomes_the_same_rgb(form, mode):
    image = two_halves(mode) if mode != "P" else two_halves().quantize(4)
    options = {"quality": 95} if form == "JPEG" else {"lossless": True} if form == "WEBP" else {}
    found = pixels(saved(image, form, **options))
    assert found.shape == (8, 16, 3)
    assert np.abs(found[:, 2] - RED).max() <= 12
    assert np.abs(found[:, -2] - BLUE).max() <= 12


@pytest.mark.parametrize("mode", ["L", "1", "I;16"])
def test_grey_becomes_three_equal_channels(mode):
    ramp = np.arange(0, 256, 16, dtype=np.uint8)[None].repeat(4, 0)
    if mode == "I;16":
        image = Image.fromarray(ramp.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(ramp).convert(mode)
    found = pixels(saved(image))
    assert (found[..., 0] == found[..., 1]).all()
    assert (found[..., 0] == found[..., 2]).all()
    if mode != "1":
        assert (found[..., 0] == ramp).all()


def test_what_is_transparent_is_white():
    image = two_halves("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    assert (pixels(saved(image)) == 255).all()
    half = two_halves("RGBA")
    half.putalpha(Image.new("L", half.size, 128))
    assert np.abs(pixels(saved(half))[0, 0] - [(c * 128 + 255 * 127) / 255 for c in RED]).max() <= 2


def test_a_palette_with_a_transparent_colour():
    image = two_halves().quantize(2)
    transparent = image.getpixel((0, 0))
    found = pixels(saved(image, transparency=transparent))
    assert (found[:, 0] == 255).all()
    assert np.abs(found[:, -1] - BLUE).max() <= 8


@pytest.mark.parametrize(("orientation", "corner"), [(1, RED), (2, BLUE), (3, BLUE), (4, RED)])
def test_a_turned_image_is_put_right(orientation, corner):
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pixels(saved(two_halves(), "JPEG", exif=exif, quality=95))
    assert found.shape == (8, 16, 3)
    assert np.abs(found[0, 0] - corner).max() <= 12


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_an_image_on_its_side_is_stood_up(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert pixels(saved(two_halves(), "PNG", exif=exif)).shape == (16, 8, 3)


def test_every_canary_is_decoded():
    for data in canary_images():
        assert decode_image(data).mode == "RGB"


def test_an_animation_is_refused():
    frames = [two_halves(), two_halves().rotate(180)]
    for form in ("PNG", "WEBP"):
        data = saved(frames[0], form, save_all=True, append_images=frames[1:])
        with pytest.raises(InvalidInput, match="2 frames"):
            decode_image(data)


def bomb(width, height):
    """A PNG whose header promises pixels that are not there."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def test_too_many_pixels_are_refused_by_the_header():
    for allowed, said in ((50_000_000, 50_000_000), (10**12, MAX_PIXELS)):
        with pytest.raises(InvalidInput, match=f"far too large.* at most {said} are allowed"):
            decode_image(bomb(20_000, 20_000), max_pixels=allowed)
    with pytest.raises(InvalidInput, match="16 x 8"):
        decode_image(saved(two_halves()), max_pixels=127)
    assert decode_image(saved(two_halves()), max_pixels=128).size == (16, 8)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_what_is_cut_off_is_refused(form):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), form)
    for share in (0.01, 0.2, 0.6, 0.9):
        with pytest.raises(InvalidInput):
            decode_image(data[: int(len(data) * share)])


@pytest.mark.parametrize("data", [b"", b"text", b"GIF89a" + b"\0" * 50, b"%PDF-1.4", b"\xff\xd8"])
def test_what_is_no_image_is_refused(data):
    with pytest.raises(InvalidInput, match="no PNG, JPEG or WebP"):
        decode_image(data)


def test_other_formats_are_not_decoded():
    for form in ("GIF", "BMP", "TIFF"):
        with pytest.raises(InvalidInput):
            decode_image(saved(two_halves(), form))


def test_damage_raises_nothing_but_invalid_input():
    draw = np.random.default_rng(1)
    for form in ("PNG", "JPEG", "WEBP"):
        whole = np.frombuffer(saved(two_halves(), form), np.uint8)
        for _ in range(150):
            damaged = whole.copy()
            damaged[draw.integers(0, len(whole), 3)] = draw.integers(0, 256, 3)
            with contextlib.suppress(InvalidInput):
                assert decode_image(damaged.tobytes()).mode == "RGB"


@pytest.mark.parametrize(("side", "framing"), [(0, "crop"), (-3, "pad"), (8, "stretch")])
def test_a_frame_of_no_meaning_is_refused(side, framing):
    with pytest.raises(InvalidArgument, match=f"{framing!r} at a side of {side}"):
        Frame(side, framing)
