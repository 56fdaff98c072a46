import numpy as np
import pytest

from vecstore.pretext.category_vocabulary import ABSENT, FIRST, UNKNOWN

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
built = pytest.importorskip("vecstore.pretext.category_model")
CategoryModel, Rows, judge_of = built.CategoryModel, built.Rows, built.judge_of

CELLS = np.array([[n % 5, 2 + n % 3] for n in range(400)], np.int64)
TARGET = np.arange(400, dtype=np.float32)


def dropped(rows, epoch):
    rows.set_epoch(epoch)
    cells = rows.collate([rows[n] for n in range(len(rows))])["cells"].numpy()
    return cells != CELLS


def test_what_is_dropped_follows_from_seed_epoch_and_row_alone():
    one, other = Rows(CELLS, TARGET, 7, 0.2), Rows(CELLS, TARGET, 7, 0.2)
    expected = dropped(one, 3)
    assert 0.1 < expected[:, 1].mean() < 0.3
    other.set_epoch(1)
    other.set_epoch(3)
    shuffled = np.random.default_rng(1).permutation(400)
    cells = other.collate([other[n] for n in shuffled])["cells"].numpy()
    assert np.array_equal(cells != CELLS[shuffled], expected[shuffled])
    assert not np.array_equal(dropped(one, 4), expected)
    assert not np.array_equal(dropped(Rows(CELLS, TARGET, 8, 0.2), 3), expected)


def test_dropped_values_are_unknown_and_absent_ones_stay_absent():
    rows = Rows(CELLS, TARGET, 7, 0.5)
    batch = rows.collate([rows[n] for n in range(400)])
    cells = batch["cells"].numpy()
    assert set(cells[cells != CELLS]) == {UNKNOWN}
    assert (cells[CELLS == ABSENT] == ABSENT).all()
    assert batch["target"].tolist() == TARGET.tolist()
    assert not dropped(Rows(CELLS, TARGET, 7, 0.0), 2).any()


def test_an_absent_cell_counts_as_zeros_and_stays_so():
    model = CategoryModel([5, 5], [3, 2], (4,), 0)
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    loss = model(torch.zeros(8, 2, dtype=torch.long), torch.ones(8))["loss"]
    loss.backward()
    optimiser.step()
    assert all(not table[ABSENT].any() for table in model.learnt([True, True]))
    assert all(table[UNKNOWN:].any(axis=1).all() for table in model.learnt([True, True]))


def test_an_unknown_row_that_was_never_shown_is_the_mean():
    model = CategoryModel([6, 5, 2], [3, 2, 1], (), 2)
    first, second, third = model.learnt([False, True, False])
    assert np.allclose(first[UNKNOWN], first[FIRST:].mean(axis=0))
    assert not np.allclose(second[UNKNOWN], second[FIRST:].mean(axis=0))
    assert third[UNKNOWN].any()  # there is no value to take the mean of
    assert np.isfinite(third).all()
    assert all(table.dtype == np.float32 for table in (first, second, third))


class Says(torch.nn.Module):
    """A model that predicts what it was told."""

    def __init__(self, found, classes):
        super().__init__()
        self.found, self.classes = torch.nn.Parameter(torch.tensor(found)), classes

    def predict(self, cells):
        return self.found[cells[:, 0]]

    loss = CategoryModel.loss


def test_figures_of_a_number():
    found, expected = [0.0, 1.0, 3.0, 3.0], np.array([0.5, 1.0, 2.0, 4.0], np.float32)
    cells = np.arange(4).reshape(4, 1)
    figures = judge_of(cells, expected, 10.0)(Says(found, 0))
    error, spread = np.mean((np.array(found) - expected) ** 2), expected.var()
    assert figures == pytest.approx(
        {"loss": error, "rmse": 10 * np.sqrt(error), "r2": 1 - error / spread}
    )
    same = judge_of(cells, np.ones(4, np.float32), 1.0)(Says(found, 0))
    assert set(same) == {"loss", "rmse"}


def test_figures_of_classes():
    found = [[2.0, 0.0], [0.0, 3.0], [1.0, 0.0]]
    cells = np.arange(3).reshape(3, 1)
    figures = judge_of(cells, np.array([0, 1, 1]), 1.0)(Says(found, 2))
    shares = [np.log1p(np.exp(-2.0)), np.log1p(np.exp(-3.0)), np.log1p(np.exp(1.0))]
    assert figures == pytest.approx({"loss": np.mean(shares), "accuracy": 2 / 3})
