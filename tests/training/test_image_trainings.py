"""Trainings on images: their data on record, what is passed over, what is refused."""

import dataclasses
import shutil

import numpy as np
import pytest

from vecstore.errors import InvalidArgument, InvalidInput, PluginError, TrainingFailed
from vecstore.inputs import Frame, image_square
from vecstore.records import Modality
from vecstore.tasks import DataKind


@pytest.fixture
def train(open_with, tmp_path, shades, letters):
    """Trains shades, with what differs from the usual."""
    with open_with(tmp_path / "images", shades, letters) as store:

        def train(data, *, task="shades", name="ab", version="1", **keywords):
            return store.train(task, data, name=name, version=version, **keywords)

        yield train


@pytest.fixture
def damaged(photos, tmp_path):
    """The photos, and two that cannot be used."""
    folder = shutil.copytree(photos, tmp_path / "damaged")
    (folder / "dark/bad.png").write_bytes(b"no image")
    (folder / "grey").mkdir()
    shutil.copy(photos / "dark/0.png", folder / "grey/lonely.png")
    return folder


def test_the_manifest_counts_what_was_read(train, photos):
    manifest = train(photos).manifest
    assert manifest.data["kind"] == "images with labels"
    counts = {key: manifest.data[key] for key in ("images", "classes", "skipped")}
    assert counts == {"images": 6, "classes": 2, "skipped": 0}


def test_progress_begins_with_the_reading(train, photos):
    seen = []
    train(photos, on_progress=lambda one: seen.append((one.stage, one.step, one.steps)))
    reading = [("reading images", number, 6) for number in range(1, 7)]
    assert seen[:8] == [("reading", 0, None), *reading, ("training", 1, 6)]


def test_the_task_says_what_squares_it_wants(open_with, tmp_path, shades, photos):
    seen = []

    def fit(data, run):
        seen.append(data)
        return shades.fit(data, run)

    with open_with(tmp_path / "a", dataclasses.replace(shades, fit=fit)) as store:
        for version, framing in enumerate(("crop", "squash")):
            store.train("shades", photos, name="ab", version=str(version), framing=framing)
    first = (photos / "bright/0.png").read_bytes()
    for data, framing in zip(seen, ("crop", "squash"), strict=True):
        assert (data.pixels[0] == image_square(first, Frame(4, framing))).all()
    assert not (seen[0].pixels == seen[1].pixels).all()


def test_what_cannot_be_used_stops_it_or_is_passed_over(train, damaged, photos):
    with pytest.raises(InvalidInput, match=r"grey/lonely\.png: .*'grey'.*--on-error skip"):
        train(damaged)
    skipped = []
    info = train(damaged, on_error="skip", on_skipped=lambda *one: skipped.append(one))
    assert info.manifest.data["skipped"] == 2
    assert [name for name, _ in skipped] == [
        str(damaged / "dark/bad.png"), str(damaged / "grey/lonely.png")
    ]  # fmt: skip
    assert all(isinstance(why, InvalidInput) for _, why in skipped)
    assert info.manifest.data["digest"] == train(photos, version="2").manifest.data["digest"]


def test_a_resumed_training_sees_the_same_images(train, photos, damaged, stop_at):
    with pytest.raises(KeyboardInterrupt):
        train(photos, on_progress=stop_at(3))
    with pytest.raises(TrainingFailed, match=r"data\.skipped was 0 and is 2"):
        train(damaged, on_error="skip", resume=True)
    assert train(photos, resume=True).manifest.data["images"] == 6


def test_rows_arrive(train, photos, tmp_path):
    rows = [f"{path.relative_to(photos)},{path.parent.name}" for path in photos.rglob("*.png")]
    data = tmp_path / "rows.csv"
    data.write_text("\n".join(["file,kind", *sorted(rows)]))
    info = train(data, image_column="file", label_column="kind", image_folder=str(photos))
    assert info.manifest.data["digest"] == train(photos, version="2").manifest.data["digest"]


def test_pairs_arrive(open_with, tmp_path, shades, photos):
    seen = []

    def fit(data, run):
        seen.append(data)
        return shades.fit(dataclasses.replace(images, pixels=data.pixels), run)

    from vecstore.tasks import ImageData

    images = ImageData(np.empty((0, 4, 4, 3), np.uint8), "0" * 64)
    task = dataclasses.replace(shades, fit=fit, reads=DataKind.PAIRS)
    rows = [{"image": path, "name": path.stem} for path in sorted(photos.rglob("*.png"))]
    with open_with(tmp_path / "a", task) as store:
        info = store.train("shades", rows, name="ab", version="1", text_column="name")
    assert seen[0].texts == ["0", "1", "2"] * 2
    counts = {key: info.manifest.data[key] for key in ("pairs", "images", "skipped")}
    assert counts == {"pairs": 6, "images": 6, "skipped": 0}


@pytest.mark.parametrize("keywords", [{"on_error": "skip"}, {"image_folder": "."}])
def test_text_has_no_images_to_pass_over(train, keywords):
    with pytest.raises(InvalidArgument, match="letters learns from text"):
        train(["ab"] * 9, task="letters", **keywords)


def test_a_policy_that_there_is_not(train, photos):
    with pytest.raises(InvalidArgument, match=r"'ignore'.*'stop' or 'skip'"):
        train(photos, on_error="ignore")


def test_a_task_without_a_frame_is_the_plugins_fault(open_with, tmp_path, shades, photos):
    for faulty in (None, lambda options: 1 / 0):
        task = dataclasses.replace(shades, frame=faulty)
        with (
            open_with(tmp_path / "a", task) as store,
            pytest.raises(PluginError, match="shades"),
        ):
            store.train("shades", photos, name="ab", version="1")


def test_its_encoder_takes_images(open_with, tmp_path, shades, photos):
    with open_with(tmp_path / "a", shades) as store:
        store.train("shades", photos, name="ab", version="1")
        vector = store.encode("ab@1", [(photos / "dark/0.png").read_bytes()])[0]
    assert len(vector.values) == 5
    assert shades.modalities == (Modality.IMAGE,)
