import numpy as np
import pytest

from vecstore.artifacts.manifest import CurvePoint
from vecstore.errors import StorageError, TrainingFailed
from vecstore.pretext import word_checkpoint
from vecstore.pretext.word_checkpoint import LATEST, Checkpoint, load_checkpoint


@pytest.fixture
def checkpoint():
    random = np.random.RandomState(5)
    random.standard_normal()  # leaves half of a pair in the state
    arrays = {"vectors": np.arange(6, dtype=np.float32).reshape(2, 3)}
    curve = [CurvePoint(0, 2.0), CurvePoint(1, 1.0, 1.5, {"auc": 0.75})]
    return Checkpoint(arrays, random.get_state(), 15, curve)


def test_it_is_read_as_it_was_written(checkpoint, tmp_path):
    checkpoint.save(tmp_path / LATEST)
    found = load_checkpoint(tmp_path / LATEST)
    assert found.arrays.keys() == {"vectors"}
    assert (found.arrays["vectors"] == checkpoint.arrays["vectors"]).all()
    assert (found.epochs, found.done, found.curve) == (15, 1, checkpoint.curve)
    again, expected = np.random.RandomState(), np.random.RandomState()
    again.set_state(found.random)
    expected.set_state(checkpoint.random)
    assert (again.standard_normal(9) == expected.standard_normal(9)).all()
    assert again.randint(1 << 30) == expected.randint(1 << 30)


def test_there_may_be_none(tmp_path):
    assert load_checkpoint(tmp_path / LATEST) is None


def test_the_former_one_stays_until_the_new_one_is_whole(checkpoint, tmp_path, monkeypatch):
    checkpoint.save(tmp_path / LATEST)
    before = (tmp_path / LATEST).read_bytes()

    def fill_the_disk(tensors, path, metadata):
        path.write_bytes(b"half of")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(word_checkpoint, "save_file", fill_the_disk)
    with pytest.raises(StorageError, match=r"epoch 1 cannot be written .* No space left"):
        checkpoint.save(tmp_path / LATEST)
    assert (tmp_path / LATEST).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [LATEST]


def test_a_folder_that_is_gone_is_said(checkpoint, tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        checkpoint.save(tmp_path / "gone" / LATEST)


def test_a_damaged_one_is_refused(checkpoint, tmp_path):
    path = tmp_path / LATEST
    checkpoint.save(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(TrainingFailed, match=r"latest\.safetensors cannot be read"):
        load_checkpoint(path)
