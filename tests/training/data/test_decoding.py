"""Images in flight: bounded, in order, and left at once."""

import threading
from contextlib import closing
from functools import partial
from itertools import count

import pytest

from vecstore.inputs import Frame
from vecstore.training.data import ImageRules, decoding
from vecstore.training.data.image_cells import Raw
from vecstore.training.data.image_entries import Entries, Entry


@pytest.fixture
def decode():
    return partial(decoding.decode, rules=ImageRules(Frame(4)), max_pixels=10**6)


def test_a_stream_is_never_far_ahead(decode, picture):
    asked = []

    def stream():
        for number in count():
            asked.append(number)
            yield Entry(str(number), lambda: Raw(picture(1), b""))

    with closing(decode(Entries("it", stream(), None))) as outcomes:
        for number, (entry, _) in zip(range(50), outcomes, strict=False):
            assert entry.name == str(number)
            assert len(asked) <= number + 3 * 8


def test_left_early_it_drops_what_is_ahead(decode, picture):
    began, go_on = [], threading.Event()

    def slow(number):
        began.append(number)
        if number:
            go_on.wait(60)
        return Raw(picture(1), b"")

    entries = [Entry(str(number), partial(slow, number)) for number in range(1000)]
    try:
        with closing(decode(Entries("it", entries, 1000))) as outcomes:
            next(outcomes)
    finally:
        go_on.set()
    workers = [one for one in threading.enumerate() if one.name.startswith("vecstore-images")]
    for worker in workers:
        worker.join(60)
    assert len(began) <= 1 + len(workers), "it went on with the others"
