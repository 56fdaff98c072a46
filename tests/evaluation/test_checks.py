"""What cannot be judged is refused in one sentence that names it."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from vecstore.errors import InvalidArgument, InvalidInput, InvalidVector
from vecstore.evaluation.checks import (
    check_enough,
    check_same_dims,
    checked_dense,
    checked_labels,
    checked_vectors,
)

ROWS = np.ones((3, 2), np.float32)


def changed(row, position, value):
    rows = ROWS.copy()
    rows[row, position] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (changed(1, 0, np.nan), "row 1 of the vectors holds nan at position 0"),
        (changed(2, 1, np.inf), "row 2 of the vectors holds inf at position 1"),
        (csr_matrix(changed(1, 1, np.nan)), "row 1 of the vectors holds nan at position 1"),
        (changed(1, slice(None), 0), "row 1 of the vectors is all zeros"),
        (np.ones(3, np.float32), r"shape \(3,\)"),
        (np.ones((0, 3), np.float32), r"shape \(0, 3\)"),
        (csr_matrix((0, 3)), r"shape \(0, 3\)"),
    ],
)
def test_rows_that_cannot_be_judged(rows, message):
    with pytest.raises(InvalidVector, match=message):
        checked_vectors(rows)


def test_a_sparse_row_may_be_empty_and_a_dense_one_must_not():
    rows = csr_matrix(changed(1, slice(None), 0))
    assert checked_vectors(rows).dtype == np.float32
    with pytest.raises(InvalidVector, match="sparse"):
        checked_dense(rows)


@pytest.mark.parametrize("missing", [None, "", "  ", 3])
def test_a_missing_label_is_named_by_its_row(missing):
    with pytest.raises(InvalidInput, match=f"the label of row 1 is {missing!r}"):
        checked_labels(["a", missing, "b"], 3)


def test_one_class_only():
    with pytest.raises(InvalidArgument, match="all 3 inputs have the label 'a'"):
        checked_labels(["a"] * 3, 3)


def test_one_label_for_each_row():
    with pytest.raises(InvalidArgument, match="2 labels and 3 vectors"):
        checked_labels(["a", "b"], 3)


def test_classes_are_in_order_of_their_names_and_all_told_apart():
    classes, codes = checked_labels(["b", "a", "a\0", "b"], 4)
    assert classes == ("a", "a\0", "b")
    assert codes.tolist() == [2, 0, 1, 2]


def test_rows_of_two_lengths():
    with pytest.raises(InvalidVector, match="queries have 2 dims and documents 3"):
        check_same_dims(ROWS, np.ones((3, 3), np.float32), ("queries", "documents"))


def test_too_few_rows():
    check_enough(3, 3, "vectors", "this")
    with pytest.raises(InvalidArgument, match="this needs at least 4 vectors, and there are 3"):
        check_enough(3, 4, "vectors", "this")
