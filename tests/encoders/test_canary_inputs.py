import hashlib
import struct
import zlib

import pytest

from vecstore.encoders.canary_inputs import TEXTS, images, png, standard_canaries
from vecstore.records import Modality


def test_the_standard_canaries_never_change():
    """Their vectors are on record in every store."""
    data = [*(text.encode() for text in TEXTS), *images()]
    digest = hashlib.sha256(b"\0".join(hashlib.sha256(item).digest() for item in data))
    assert digest.hexdigest() == DIGEST


DIGEST = "2e09767a14b3b7084dccaa7116dca77156549cb56401f30157c72acd19dfa3f5"


def test_texts_are_of_the_kinds_on_which_preprocessing_goes_wrong():
    assert "" in TEXTS
    assert max(len(text.split()) for text in TEXTS) > 512
    assert any(text.lower() != text != text.upper() for text in TEXTS)
    assert any("\u0600" <= sign <= "\u06ff" for text in TEXTS for sign in text)


def test_each_modality_has_its_own():
    assert {item.modality for item in standard_canaries({Modality.TEXT})} == {Modality.TEXT}
    assert {item.modality for item in standard_canaries({Modality.IMAGE})} == {Modality.IMAGE}
    both = standard_canaries({Modality.IMAGE, Modality.TEXT})
    assert len(both) == len(TEXTS) + len(images())
    assert standard_canaries({Modality.CATEGORIES}) == ()


@pytest.mark.parametrize(("channels", "colour_type"), [(1, 0), (3, 2), (4, 6)])
def test_png_files_are_sound(channels, colour_type):
    data = png(7, 3, channels)
    kinds, pixels, at = [], b"", 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (crc,) = struct.unpack_from(">I", data, at + 8 + length)
        assert crc == zlib.crc32(kind + body)
        kinds.append(kind)
        pixels += body if kind == b"IDAT" else b""
        at += 12 + length
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    assert struct.unpack_from(">IIBB", data, 16) == (7, 3, 8, colour_type)
    assert len(zlib.decompress(pixels)) == 3 * (1 + 7 * channels)


def test_jpeg_files_are_small_and_one_is_rotated():
    rotated, cmyk = images()[-2:]
    assert rotated[:2] == cmyk[:2] == b"\xff\xd8"
    assert rotated[-2:] == cmyk[-2:] == b"\xff\xd9"
    assert b"Exif" in rotated
    assert len(rotated) < 1000 > len(cmyk)
