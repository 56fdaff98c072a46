"""Which searches the event loop may wait for."""

import pytest

from vecstore.service.pace import Pace

HERE = ("docs", "default")


@pytest.fixture
def pace():
    return Pace()


def took(pace, seconds, *, at_once=True, field=7):
    pace.took(HERE, field, seconds, 1.0, at_once)
    return pace.field(HERE) == field


def test_nothing_is_known_before_the_first_search(pace):
    assert pace.field(HERE) is None
    assert took(pace, 0.5, at_once=False)
    pace.forget(HERE)
    assert pace.field(HERE) is None


def test_two_slow_ones_in_a_row_are_slow_and_one_is_not(pace):
    took(pace, 0.5)
    assert took(pace, 3.0)
    assert took(pace, 0.5)
    assert took(pace, 3.0)
    assert not took(pace, 3.0)
    assert took(pace, 0.5, at_once=False)


def test_what_is_slow_in_a_thread_stays_there(pace):
    assert not took(pace, 20.0, at_once=False)
    assert not any(took(pace, 20.0, at_once=False) for _ in range(500))


def test_what_threads_slow_down_is_tried_again_and_goes_back_where_it_is_slow(pace):
    took(pace, 3.0, at_once=False)
    tries = [took(pace, 3.0, at_once=False) for _ in range(64)]
    assert tries.index(True) == 63
    assert not took(pace, 3.0)


def test_another_field_of_the_same_name_begins_anew(pace):
    assert took(pace, 0.5)
    assert not took(pace, 3.0, field=8)
    assert pace.field(HERE) is None
