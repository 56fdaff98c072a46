import numpy as np

from vecstore.evaluation.precision import fit_ranges, half, int8, sign

ROWS = np.random.default_rng(3).standard_normal((40, 6)).astype(np.float32)


def test_half_keeps_ten_bits_of_a_number():
    kept = half(ROWS)
    assert kept.dtype == np.float32
    assert (kept == ROWS.astype(np.float16)).all()
    assert 0 < np.abs(kept - ROWS).max() <= 2**-10 * np.abs(ROWS).max()


def test_half_keeps_numbers_finite():
    assert np.isfinite(half(np.array([[1e9, -1e9]], np.float32))).all()


def test_int8_has_256_steps_in_each_dimensions_own_range():
    scales = np.array([1, 10, 100, 0.1, 1, 1], np.float32)
    rows = ROWS * scales
    ranges = fit_ranges(rows)
    kept = int8(rows, ranges)
    # Half a step of its own range is the most that any number can lose.
    lost = np.abs(kept - rows).max(axis=0)
    steps = (rows.max(axis=0) - rows.min(axis=0)) / 255
    assert (lost <= steps * 0.51).all()
    assert (lost > steps * 0.2).all()
    codes = np.rint((kept - ranges.low) / ranges.step)
    assert codes.min() == 0
    assert codes.max() == 255


def test_int8_holds_what_lies_beyond_its_range_at_its_edge():
    ranges = fit_ranges(np.array([[0.0], [1.0]], np.float32))
    assert int8(np.array([[-5.0], [9.0]], np.float32), ranges).ravel().tolist() == [0.0, 1.0]


def test_int8_of_a_dimension_that_never_changes_is_what_it_was():
    rows = np.full((3, 2), 0.7, np.float32)
    assert (int8(rows, fit_ranges(rows)) == rows).all()


def test_signs_order_as_hamming_distances_do():
    bits = sign(ROWS)
    assert set(np.unique(bits)) == {-1, 1}
    hamming = (bits[:1] != bits).sum(axis=1)
    cosines = bits @ bits[0] / 6
    assert np.allclose(cosines, 1 - 2 * hamming / 6)
