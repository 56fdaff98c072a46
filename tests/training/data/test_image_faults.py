"""Files and cells that are no image to learn from: refused by name, or passed over."""

import io
import os
import re

import numpy as np
import pytest
from PIL import Image

from vecstore.config import Settings
from vecstore.errors import InvalidInput, StorageError
from vecstore.training.data import pixel_shelf
from vecstore.training.data.pixel_shelf import PixelShelf


def animated():
    frames = [Image.new("RGB", (4, 4), (shade, 0, 0)) for shade in (0, 200)]
    packed = io.BytesIO()
    frames[0].save(packed, "WEBP", save_all=True, append_images=frames[1:])
    return packed.getvalue()


def huge():
    packed = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(packed, "PNG")
    return packed.getvalue()


BAD = {
    "no-image.jpg": (b"Dear reader, this is text.", "no PNG, JPEG or WebP"),
    "empty.png": (b"", "empty"),
    "animated.webp": (animated(), "animated"),
    "huge.png": (huge(), "far too large"),
    "other.gif": (b"GIF89a", r"\.gif is not read; make it PNG"),
    "other.BMP": (b"BM", r"\.BMP is not read"),
}


@pytest.fixture
def good(write, picture):
    return [write(f"d/{name}.png", picture(number)) for number, name in enumerate("kz")]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_by_name_or_passed_over(images, reader, good, write, tmp_path, name):
    raw, why = BAD[name]
    path = write(f"d/{name}", raw)
    with pytest.raises(InvalidInput, match=f"{re.escape(str(path))}: .*{why}.*--on-error skip"):
        images(tmp_path / "d")
    found = images(tmp_path / "d", on_error="skip")
    assert found.counts == {"images": 2, "skipped": 1}
    assert found.digest == images(good).digest
    assert [skipped for skipped, _ in reader.skipped] == [str(path)]
    assert re.search(why, reader.skipped[0][1])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_truncated(images, picture, form, share):
    whole = picture(1, form, (40, 40))
    with pytest.raises(InvalidInput, match="image 1 of the data"):
        images([whole[: int(share * len(whole))]])


def test_corrupt(images, picture):
    raw = bytearray(picture(1, size=(40, 40)))
    raw[len(raw) // 2] ^= 255
    assert images([picture(2), raw], on_error="skip").skipped == 1


def test_an_image_beyond_the_limits_of_the_settings(images, picture, write):
    path = write("a.png", picture(1, size=(30, 20)))
    for image in (path, path.read_bytes(), Image.open(path)):
        with pytest.raises(InvalidInput, match="30 x 20 pixels"):
            images([image], settings=Settings(max_image_pixels=599))
        assert len(images([image], settings=Settings(max_image_pixels=600)).pixels) == 1
    size = path.stat().st_size
    for image in (path, path.read_bytes()):
        with pytest.raises(InvalidInput, match=rf"{size:,} bytes; at most {size - 1:,}"):
            images([image], settings=Settings(max_image_bytes=size - 1))


def test_a_file_too_large_is_not_read(images, tmp_path):
    path = tmp_path / "sparse.png"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(InvalidInput, match="1,000,000,000,000 bytes"):
        images([path])


def test_what_is_no_file(images, tmp_path):
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "broken.png").symlink_to(tmp_path / "gone")
    names = {"folder.png": "no file", "pipe.png": "no file", "broken.png": "No such file"}
    for name, why in {**names, "nul\0.png": "cannot be read"}.items():
        with pytest.raises(InvalidInput, match=why):
            images([f"{tmp_path}/{name}"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file(images, good):
    good[0].chmod(0)
    with pytest.raises(InvalidInput, match="Permission denied"):
        images(good)


def test_a_pillow_image_that_is_damaged_or_animated(images, picture):
    cut = Image.open(io.BytesIO(picture(1, size=(40, 40))[:900]))
    with pytest.raises(InvalidInput, match="cannot be decoded"):
        images([cut])
    with pytest.raises(InvalidInput, match="animated"):
        images([Image.open(io.BytesIO(animated()))])


@pytest.mark.parametrize(
    "url", ["https://example.org/a.png", "file:///etc/a.png", "s3://b/a.png", "data:image/png,x"]
)
def test_nothing_is_fetched(images, write, url):
    data = write("rows.csv", f'image\n"{url}"\n')
    with pytest.raises(InvalidInput, match=r"line 2 .*is a URL, and nothing is ever fetched"):
        images(data)


class TestPathsInFiles:
    """Rows may come from somebody else: they name no files but those of one folder."""

    @pytest.fixture
    def rows(self, write, picture, tmp_path):
        write("secret.png", picture(1))
        write("in/a.png", picture(2))

        def rows(path):
            return write("in/rows.jsonl", f'{{"image": "{path}"}}\n')

        return rows

    @pytest.mark.parametrize("path", ["../secret.png", "x/../../secret.png", "{}/secret.png"])
    def test_out_of_the_folder(self, images, rows, tmp_path, path):
        with pytest.raises(InvalidInput, match=r"leads out of the folder .*in; .*--image-folder"):
            images(rows(path.format(tmp_path)))

    def test_an_absolute_path_within_the_folder_named(self, images, rows, tmp_path):
        assert len(images(rows(tmp_path / "secret.png"), folder=tmp_path).pixels) == 1

    @pytest.mark.parametrize("path", ["a.png", "./a.png", "x/../a.png", "{}/in/a.png"])
    def test_within_the_folder(self, images, rows, tmp_path, path):
        assert len(images(rows(path.format(tmp_path))).pixels) == 1

    def test_another_folder(self, images, rows, tmp_path):
        assert len(images(rows("secret.png"), folder=tmp_path).pixels) == 1
        with pytest.raises(InvalidInput, match=r"a\.png .*No such file"):
            images(rows("a.png"), folder=tmp_path)

    def test_a_program_names_what_it_likes(self, images, write, picture, monkeypatch, tmp_path):
        write("secret.png", picture(1))
        (tmp_path / "in").mkdir()
        monkeypatch.chdir(tmp_path / "in")
        assert len(images([{"image": "../secret.png"}]).pixels) == 1


class TestManyImages:
    """More than memory is meant to hold go to a file without a name."""

    def test_they_are_mapped_and_the_same(self, images, labelled, picture, monkeypatch):
        data = [(picture(n), label) for n, label in enumerate(["a", "b", "a", "c", "a", "b"])]
        held = labelled(data, on_error="skip")
        monkeypatch.setattr(pixel_shelf, "IN_MEMORY", 2 * 8 * 8 * 3)
        mapped = labelled(data, on_error="skip")
        assert isinstance(mapped.pixels, np.memmap)
        assert not isinstance(held.pixels, np.memmap)
        assert mapped.pixels.shape == (5, 8, 8, 3)
        assert (mapped.pixels == held.pixels).all()
        assert (mapped.labels, mapped.digest) == (held.labels, held.digest)

    def test_nothing_is_left_of_the_file(self, images, picture, monkeypatch, tmp_path):
        monkeypatch.setattr(pixel_shelf, "IN_MEMORY", 0)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        found = images([picture(1), picture(2)])
        assert isinstance(found.pixels, np.memmap)
        assert list(tmp_path.iterdir()) == []

    def test_a_full_disk_is_told_as_such(self, monkeypatch):
        def full(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("tempfile.TemporaryFile", full)
        shelf = PixelShelf(4, in_memory=0)
        with pytest.raises(StorageError, match="No space left on device"):
            shelf.add(np.zeros((4, 4, 3), np.uint8))
