from itertools import chain

import numpy as np
import pytest

from vecstore.training.batches import Batches, batches_an_epoch


class Data:
    def __init__(self, count):
        self.count, self.epochs = count, []

    def __len__(self):
        return self.count

    def set_epoch(self, epoch):
        self.epochs.append(epoch)


def test_every_epoch_shows_every_item_once_in_another_order():
    data = Data(10)
    batches = list(Batches(data, 4, 6, seed=1))
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2]
    first, second = (list(chain(*part)) for part in (batches[:3], batches[3:]))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert data.epochs == [0, 1]


def test_the_last_epoch_may_be_part_of_one():
    batches = Batches(Data(10), 4, 4, seed=1)
    assert len(batches) == len(list(batches)) == 4


def test_an_epoch_is_named_before_its_first_item_is_asked_for():
    data = Data(4)
    assert [data.epochs[-1] for _ in Batches(data, 2, 4, seed=1)] == [0, 0, 1, 1]


def test_the_order_follows_from_the_seed():
    one, same, other = (list(Batches(Data(50), 8, 9, seed=seed)) for seed in (1, 1, 2))
    assert one == same != other


def test_items_of_about_equal_length_share_a_batch():
    lengths = np.random.default_rng(0).integers(1, 100, size=1000)
    batches = list(Batches(Data(1000), 10, 100, seed=1, lengths=lengths.tolist()))
    assert sorted(chain(*batches)) == list(range(1000))
    widths = [int(np.ptp(lengths[batch])) for batch in batches]
    plain = [int(np.ptp(lengths[batch])) for batch in Batches(Data(1000), 10, 100, seed=1)]
    assert np.mean(widths) < np.mean(plain) / 5
    firsts = [lengths[batch].min() for batch in batches]
    assert firsts != sorted(firsts)  # short and long batches come mixed


@pytest.mark.parametrize("count", [12, 13, 17])
def test_processes_share_every_step(count):
    steps = batches_an_epoch(count, 4, world=2)
    one, other = (
        list(Batches(Data(count), 4, steps, seed=1, rank=rank, world=2)) for rank in (0, 1)
    )
    assert len(one) == len(other) == steps
    assert set(chain(*one, *other)) == set(range(count))
    assert all(1 <= len(batch) <= 4 for batch in (*one, *other))


def test_a_process_never_goes_without():
    one, other = (list(Batches(Data(9), 4, 2, seed=1, rank=rank, world=2)) for rank in (0, 1))
    assert one[1] == other[1]  # one item is left for two processes
    assert len(one[1]) == 1
