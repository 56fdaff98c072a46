import numpy as np
import pytest

from vecstore.pretext.category_vocabulary import ABSENT, FIRST, UNKNOWN, Vocabulary

COLUMNS = {"hr": ["7", "10", "7", ""], "day": ["Mon", "Sun", "Mon", "Mon"]}


def test_values_are_sorted_and_an_empty_text_is_none_of_them():
    seen = Vocabulary.seen_in(COLUMNS)
    assert seen.columns == {"hr": ("10", "7"), "day": ("Mon", "Sun")}
    assert seen.names == ("hr", "day")
    assert seen.sizes() == [4, 4]


def test_every_cell_has_a_row():
    seen = Vocabulary.seen_in(COLUMNS)
    found = seen.rows({"hr": ["10", "7", "", "8"], "day": ["Sun", "Mon", "Tue", "Mon"]})
    assert found.tolist() == [
        [FIRST, FIRST + 1],
        [FIRST + 1, FIRST],
        [ABSENT, UNKNOWN],
        [UNKNOWN, FIRST],
    ]
    assert found.dtype == np.int64


def test_it_comes_back_from_json():
    odd = Vocabulary({"é\n\U0001f600": ("", '"', "a\\b"), "b": ()})
    again = Vocabulary.from_json(odd.to_json())
    assert again.columns == odd.columns
    assert again.digest() == odd.digest()


@pytest.mark.parametrize(
    "other",
    [
        {"a": ("x", "y"), "b": ("z", "w")},
        {"b": ("z",), "a": ("x", "y")},
        {"a": ("y", "x"), "b": ("z",)},
        {"a": ("x",), "b": ("y", "z")},
        {"c": ("x", "y"), "b": ("z",)},
    ],
)
def test_the_digest_tells_columns_values_and_orders_apart(other):
    one = Vocabulary({"a": ("x", "y"), "b": ("z",)})
    assert Vocabulary(other).digest() != one.digest()
