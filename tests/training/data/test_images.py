"""Images that stand alone, and images with labels, in every form that people have them in."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import Frame, image_square
from vecstore.tasks import DataKind


@pytest.fixture
def photos(write, picture, tmp_path):
    """A folder of two classes with three photos each; one photo is a folder further down."""
    for number, name in enumerate(
        ["coat/a.jpg", "coat/b.PNG", "coat/deep/er.webp", "shoe/a.png", "shoe/b.jpeg", "shoe/c.png"]
    ):
        form = {"jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}.get(name.rpartition(".")[2], "PNG")
        write(f"photos/{name}", picture(number, form))
    return tmp_path / "photos"


def listed(photos):
    return sorted(path for path in photos.rglob("*") if path.is_file())


def refused(call, *parts, kind=InvalidInput):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    for part in parts:
        assert str(part) in caught.value.message
    return caught.value


def test_a_folder_in_the_order_of_its_paths(images, photos):
    found = images(photos)
    expected = [image_square(path.read_bytes(), Frame(8)) for path in listed(photos)]
    assert (found.pixels.shape, found.pixels.dtype) == ((6, 8, 8, 3), np.uint8)
    assert (found.pixels == np.stack(expected)).all()
    assert (found.labels, found.counts) == (None, {"images": 6, "skipped": 0})


def test_more_images_than_are_in_flight_stay_in_order(images, picture):
    many = [picture(number) for number in range(100)]
    expected = np.stack([image_square(one, Frame(8)) for one in many])
    assert (images(many).pixels == expected).all()


def test_what_is_hidden_linked_or_no_image_is_ignored(images, write, picture, photos, tmp_path):
    for name in (".hidden.png", ".thumbs/x.png"):
        write(f"photos/{name}", picture(9))
    write("elsewhere/x.png", picture(9))
    (photos / "linked").symlink_to(tmp_path / "elsewhere")
    write("photos/notes.txt", "text")
    write("photos/README", "text")
    assert len(images(photos).pixels) == 6


def test_the_first_folder_is_the_label(labelled, photos):
    found = labelled(str(photos))
    assert found.labels == ["coat"] * 3 + ["shoe"] * 3
    assert found.counts == {"images": 6, "skipped": 0, "classes": 2}


def test_the_same_images_have_one_digest_in_every_form(images, photos):
    files = listed(photos)
    raw = [path.read_bytes() for path in files]
    forms = [
        photos,
        str(photos),
        files,
        map(str, files),
        raw,
        (bytearray(one) for one in raw),
        [{"bytes": one, "path": None} for one in raw],
        [{"bytes": None, "path": str(path)} for path in files],
        [{"image": {"bytes": one, "path": "gone.png"}} for one in raw],
        {"image": raw},
    ]
    digests = {images(form).digest for form in forms}
    assert len(digests) == 1
    others = [raw[::-1], raw[:-1], [*raw[:-1], raw[0]]]
    assert digests.isdisjoint(images(other).digest for other in others)


def test_rows_in_every_form(labelled, photos, forms, write, tmp_path):
    files = listed(photos)
    rows = [
        {"image": f"photos/{path.relative_to(photos)}", "label": path.relative_to(photos).parts[0]}
        for path in files
    ]
    expected = labelled(photos)
    for name, data in forms(rows).items():
        folder = None if isinstance(data, str | os.PathLike) else tmp_path
        found = labelled(data, folder=folder)
        assert (found.pixels == expected.pixels).all(), name
        assert found.labels == expected.labels, name
        assert found.digest == expected.digest, name
    pairs = [(path, row["label"]) for path, row in zip(files, rows, strict=True)]
    assert labelled(pairs).digest == expected.digest


def test_labels_are_part_of_the_digest(images, labelled, picture):
    four = [picture(number) for number in range(4)]
    digests = {
        images(four).digest,
        labelled([*zip(four, "aabb", strict=True)]).digest,
        labelled([*zip(four, "abab", strict=True)]).digest,
    }
    assert len(digests) == 3


def test_labels_are_text_in_one_way(labelled, picture):
    four = [picture(number) for number in range(4)]
    for labels in (
        [1, 1, 2, 2],
        [1.0, 1.0, 2.0, 2.0],
        ["1", "1 ", "2", "2"],
        ["1.0"] * 2 + ["2.0"] * 2,
    ):
        assert labelled({"image": four, "label": labels}).labels == ["1", "1", "2", "2"]


def test_columns_of_other_names(labelled, picture, data_set):
    rows = [{"photo": picture(n), "kind": n // 2, "audio": b""} for n in range(4)]
    found = labelled(data_set(rows, unread=["audio"]), image="photo", label="kind")
    assert found.labels == ["0", "0", "1", "1"]


def test_pillow_images_are_taken_as_they_are_shown(images, picture):
    raw = picture(1)
    first = images([Image.open(io.BytesIO(raw))])
    assert (first.pixels == images([raw]).pixels).all()
    assert first.digest == images([Image.open(io.BytesIO(raw)).copy()]).digest
    turned = Image.open(io.BytesIO(raw))
    turned.getexif()[0x0112] = 6
    upright = turned.transpose(Image.Transpose.ROTATE_270)
    assert (images([turned]).pixels == images([upright]).pixels).all()
    for mode in ("CMYK", "LA", "P", "L", "RGBA", "I;16", "YCbCr"):
        image = Image.open(io.BytesIO(raw)).convert("L" if mode == "I;16" else mode)
        assert len(images([image]).pixels) == 1, mode


def test_small_and_misnamed_images_are_fine(images, picture, write, tmp_path):
    write("d/one-pixel.png", picture(1, size=(1, 1)))
    write("d/a-png.jpg", picture(2))
    assert len(images(tmp_path / "d").pixels) == 2


def test_progress_is_told(images, reader, photos):
    images(photos)
    assert [(one.stage, one.step, one.steps) for one in reader.reports] == [
        ("reading images", number, 6) for number in range(1, 7)
    ]
    assert reader.reports[-1].seconds_left == 0
    reader.reports.clear()
    images(path for path in listed(photos))
    assert [one.steps for one in reader.reports] == [None] * 6


def test_an_interruption_ends_it_at_once(images, reader, picture):
    asked = []

    def endless():
        for number in range(10**9):
            asked.append(number)
            yield picture(number % 7)

    reader.reports = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        images(endless())
    assert len(asked) < 100


class Interrupting(list):
    """Reports that end with Ctrl-C."""

    def append(self, progress):
        raise KeyboardInterrupt


class TestRefusals:
    def test_labels_need_folders(self, labelled, photos, picture, write, reader):
        stray = write("photos/stray.png", picture(9))
        refused(lambda: labelled(photos), stray, "lies in", "has no label", "--on-error skip")
        found = labelled(photos, on_error="skip")
        assert (found.counts["images"], found.skipped) == (6, 1)
        assert reader.skipped[0][0] == str(stray)

    def test_a_class_of_one_photo(self, labelled, photos, picture, write, reader):
        lonely = write("photos/hat/only.png", picture(9))
        refused(lambda: labelled(photos), lonely, "only image of the class 'hat'")
        assert reader.reports == [], "it was told after all of them were read"
        found = labelled(photos, on_error="skip")
        assert found.counts == {"images": 6, "skipped": 1, "classes": 2}
        assert (found.pixels == labelled(photos, on_error="skip").pixels).all()
        assert reader.skipped[0] == (str(lonely), reader.skipped[0][1])

    def test_a_class_of_which_one_photo_can_be_used(self, labelled, photos, picture, write, reader):
        write("photos/hat/a.png", picture(9))
        write("photos/hat/b.png", b"no image")
        found = labelled(photos, on_error="skip")
        assert found.counts == {"images": 6, "skipped": 2, "classes": 2}
        assert {os.path.basename(name) for name, _ in reader.skipped} == {"a.png", "b.png"}  # noqa: PTH119
        rows = [(picture(n), label) for n, label in enumerate("aabbc")]
        refused(lambda: labelled(iter(rows)), "image 5 of the data", "class 'c'")

    @pytest.mark.parametrize("on_error", ["stop", "skip"])
    def test_one_class_only(self, labelled, picture, on_error):
        data = [(picture(number), "coat") for number in range(3)]
        refused(lambda: labelled(data, on_error=on_error), "same label, 'coat'", "two classes")

    def test_no_label(self, labelled, picture, reader):
        rows = [(picture(n), label) for n, label in enumerate(["a", "a", "b", "b", " ", None])]
        refused(lambda: labelled(rows), "image 5 of the data", "no label")
        assert labelled(rows, on_error="skip").skipped == 2

    @pytest.mark.parametrize("kind", [DataKind.IMAGES, DataKind.LABELLED_IMAGES])
    def test_a_folder_without_images(self, reader, kind, tmp_path, write):
        write("d/notes.txt", "text")
        for on_error in ("stop", "skip"):
            refused(
                lambda mode=on_error: reader(kind, tmp_path / "d", on_error=mode),
                "holds no image",
                "nothing to learn from",
            )

    def test_everything_was_skipped(self, images, write, tmp_path):
        first = write("d/a.png", b"no image")
        write("d/b.gif", b"GIF89a")
        refused(lambda: images(tmp_path / "d", on_error="skip"), "all 2 were", first, "no PNG")

    def test_neither_folder_nor_rows(self, images, pairs, write, photos):
        alone = write("a.png", b"x")
        refused(lambda: images(alone), "is no folder", "'image'", kind=InvalidArgument)
        refused(lambda: pairs(photos), "is a folder", "'image' and 'text'", kind=InvalidArgument)
        refused(lambda: images("no-such"), "no file or folder", kind=InvalidArgument)
        refused(lambda: images(7), "an iterable", kind=InvalidArgument)

    def test_labels_need_rows_or_pairs(self, labelled, picture):
        refused(lambda: labelled([picture(1)]), "image 1 of the data", "'label'")
        refused(lambda: labelled([{"image": picture(1)}]), "no column 'label'")

    def test_columns_and_folders_that_mean_nothing(self, images, labelled, pairs, photos, picture):
        refused(lambda: images(photos, image="a"), "has no columns", kind=InvalidArgument)
        refused(lambda: images([b"x"], image="a"), "has no columns", kind=InvalidArgument)
        refused(lambda: images([b"x"], label="a"), "label_column", kind=InvalidArgument)
        refused(lambda: labelled([b"x"], text="a"), "text_column", kind=InvalidArgument)
        refused(lambda: pairs([b"x"], target="a"), "target is for", "tables", kind=InvalidArgument)
        refused(lambda: pairs([b"x"], image="a", text="a"), "two columns", kind=InvalidArgument)
        refused(lambda: images(photos, folder=photos), "image_folder", kind=InvalidArgument)
        gone = photos / "gone"
        refused(lambda: images([], folder=gone), "no folder", gone, kind=InvalidArgument)
        refused(lambda: images(photos, on_error="ignore"), "'ignore'", kind=InvalidArgument)

    def test_image_columns_mean_nothing_elsewhere(self, text, table):
        for columns in ({"image": "a"}, {"label": "a"}):
            refused(lambda c=columns: text(["a"], **c), "images", kind=InvalidArgument)
            refused(lambda c=columns: table([], target="t", **c), "images", kind=InvalidArgument)
