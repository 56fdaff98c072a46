import numpy as np

from vecstore.evaluation.matrices import unit_rows


def test_unit_length_leaves_zeros_alone():
    found = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert found.dtype == np.float32
    assert found.tolist() == [[np.float32(0.6), np.float32(0.8)], [0.0, 0.0]]


def test_numbers_whose_squares_are_beyond_float32_have_a_direction():
    found = unit_rows(np.array([[3e30, 4e30], [3e-30, 4e-30]], np.float32))
    assert np.allclose(found, [[0.6, 0.8], [0.6, 0.8]])
