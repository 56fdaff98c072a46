"""Images with texts."""

import numpy as np
import pytest

from vecstore.config import Settings
from vecstore.errors import InvalidInput
from vecstore.inputs import Frame, image_square


@pytest.fixture
def rows(write, picture):
    """Three rows of two images, whose files lie beside the test's other files."""
    for number, name in enumerate(["one.png", "two.png"]):
        write(f"img/{name}", picture(number))
    return [
        {"image": "img/one.png", "text": "a coat"},
        {"image": "img/two.png", "text": " a shoe\n"},
        {"image": "img/one.png", "text": "a warm coat"},
    ]


def test_every_form_gives_the_same_pairs(pairs, rows, forms, picture, tmp_path):
    expected = np.stack([image_square(picture(number), Frame(8)) for number in range(2)])
    whole = [(tmp_path / row["image"], row["text"]) for row in rows]
    raw = [{"image": path.read_bytes(), "text": text} for path, text in whole]
    every = {**forms(rows), "pairs": whole, "raw": raw, "lists": [list(one) for one in whole]}
    digests = set()
    for name, data in every.items():
        found = pairs(data, folder=None if name in ("pairs", "lists") else tmp_path)
        assert list(found.texts) == ["a coat", "a shoe", "a warm coat"], name
        assert found.image_of.dtype == np.int64
        assert list(found.image_of) == [0, 1, 0], name
        assert (found.pixels == expected).all(), name
        assert found.counts == {"pairs": 3, "images": 2, "skipped": 0}
        digests.add(found.digest)
    assert len(digests) == 1


def test_texts_images_and_their_order_count(pairs, picture):
    one, two = picture(1), picture(2)
    digests = [
        pairs(data).digest
        for data in (
            [(one, "a"), (two, "b")],
            [(two, "a"), (one, "b")],
            [(two, "b"), (one, "a")],
            [(one, "a"), (two, "c")],
            [(one, "a")],
        )
    ]
    assert len(set(digests)) == len(digests)


def test_a_file_of_several_rows_is_read_once(pairs, rows, tmp_path, monkeypatch):
    from vecstore.training.data import image_cells

    read, original = [], image_cells._of_file
    monkeypatch.setattr(
        image_cells, "_of_file", lambda path, limit: read.append(path) or original(path, limit)
    )
    found = pairs(rows * 50, folder=tmp_path)
    assert (len(found.texts), len(found.pixels), len(read)) == (150, 2, 2)


def test_one_image_in_two_files_is_kept_once(pairs, write, picture):
    files = [write(name, picture(1)) for name in ("a.png", "b.png")]
    assert list(pairs([(file, "x") for file in files]).image_of) == [0, 0]


def test_columns_of_other_names(pairs, picture):
    found = pairs([{"file": picture(1), "name": "x", "text": 7}], image="file", text="name")
    assert found.texts == ["x"]


@pytest.mark.parametrize("text", ["", " \n", None, float("nan")])
def test_a_pair_without_its_text(pairs, reader, picture, text):
    data = [(picture(1), "a"), (picture(2), text)]
    with pytest.raises(InvalidInput, match=r"image 2 of the data: it has no text.*--on-error skip"):
        pairs(data)
    found = pairs(data, on_error="skip")
    assert found.counts == {"pairs": 1, "images": 1, "skipped": 1}
    assert reader.skipped == [("image 2 of the data", "it has no text")]


@pytest.mark.parametrize("text", [7, ["a"], "nul \0", "\ud800", "x" * 9])
def test_a_pair_whose_text_cannot_be_used(pairs, picture, text):
    data = [(picture(1), "a"), (picture(2), text)]
    few = Settings(max_text_bytes=8)
    with pytest.raises(InvalidInput, match="image 2 of the data"):
        pairs(data, settings=few)
    assert pairs(data, on_error="skip", settings=few).skipped == 1


@pytest.mark.parametrize("image", ["", None, float("nan"), {"bytes": None, "path": None}, b"", 7])
def test_a_pair_without_its_image(pairs, picture, image):
    data = [{"image": picture(1), "text": "a"}, {"image": image, "text": "b"}]
    with pytest.raises(InvalidInput, match="row 2 of the data"):
        pairs(data)
    assert pairs(data, on_error="skip").skipped == 1


def test_every_row_of_an_image_that_cannot_be_used_is_told(pairs, reader, write, picture):
    write("bad.png", b"no image")
    write("good.png", picture(1))
    data = write("rows.csv", "image,text\nbad.png,a\ngood.png,b\nbad.png,c\n")
    with pytest.raises(InvalidInput, match=r"bad\.png \(line 2 of .*rows\.csv\)"):
        pairs(data)
    assert pairs(data, on_error="skip").counts == {"pairs": 1, "images": 1, "skipped": 2}
    assert [name.partition(" (")[0] for name, _ in reader.skipped] == ["bad.png", "bad.png"]


def test_nothing_at_all(pairs, write):
    data = write("rows.csv", "image,text\n")
    with pytest.raises(InvalidInput, match="holds no image with a text"):
        pairs(data)
