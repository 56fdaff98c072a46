"""Images by number, what is held out, and how many make a step."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from vecstore.pretext.image_training import Squares, even_batch  # noqa: E402

pytestmark = pytest.mark.torch

PIXELS = np.arange(6 * 2 * 2 * 3, dtype=np.uint8).reshape(6, 2, 2, 3)


def test_a_batch_is_its_rows_of_every_column():
    squares = Squares(PIXELS, [1, 4, 5], labels=np.arange(6) * 10)
    batch = squares.collate([squares[2], squares[0]])
    assert batch["labels"].tolist() == [50, 10]
    assert np.array_equal(batch["pixels"].numpy(), PIXELS[[5, 1]])
    assert batch["pixels"].dtype == torch.uint8


def test_all_batches_hold_everything_in_order():
    squares = Squares(PIXELS, [0, 2, 3, 5, 1])
    batches = list(squares.batches(2))
    assert [len(batch["pixels"]) for batch in batches] == [2, 2, 1]
    together = np.concatenate([batch["pixels"].numpy() for batch in batches])
    assert np.array_equal(together, PIXELS[[0, 2, 3, 5, 1]])
    assert list(Squares(PIXELS, np.array([], dtype=np.int64)).batches(2)) == []


def test_pixels_in_a_memory_map_serve_too(tmp_path):
    np.save(tmp_path / "pixels.npy", PIXELS)
    squares = Squares(np.load(tmp_path / "pixels.npy", mmap_mode="r"), range(6))
    assert np.array_equal(squares.collate([3, 1])["pixels"].numpy(), PIXELS[[3, 1]])


@pytest.mark.parametrize(("count", "most", "size"), [(100, 64, 50), (65, 64, 33), (64, 64, 64)])
def test_steps_of_an_epoch_are_about_equal(count, most, size):
    assert even_batch(count, most) == size


def test_few_items_make_one_step():
    assert even_batch(5, 64) == 5
