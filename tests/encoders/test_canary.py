import numpy as np
import pytest

from vecstore.encoders.canary import (
    Agreement,
    Verdict,
    canary_name,
    canary_vectors,
    compare_canaries,
)
from vecstore.encoders.canary_inputs import TEXTS
from vecstore.errors import PluginError
from vecstore.records import Input, Modality, Role

RECORDED = np.eye(4, 8, dtype=np.float32) * 3


def turned(rows, angle):
    """Every row turned by an angle, within the plane of an unused axis."""
    change = np.cos(angle) * rows
    change[:, 7] = 3 * np.sin(angle)
    return change.astype(np.float32)


def test_equal_vectors_are_the_same():
    verdict = compare_canaries(RECORDED, RECORDED.copy())
    assert (verdict.agreement, verdict.deviation) == (Agreement.SAME, 0.0)


@pytest.mark.parametrize(
    ("deviation", "agreement"),
    [
        (0.9e-5, Agreement.SAME),
        (1.1e-5, Agreement.OTHER_PRECISION),
        (0.9e-3, Agreement.OTHER_PRECISION),
        (1.1e-3, Agreement.DRIFT),
        (1.0, Agreement.DRIFT),
        (2.0, Agreement.DRIFT),
    ],
)
def test_directions_are_judged_by_one_minus_cosine(deviation, agreement):
    verdict = compare_canaries(RECORDED, turned(RECORDED, np.arccos(1 - deviation)))
    assert verdict.agreement is agreement
    assert verdict.deviation == pytest.approx(deviation, rel=1e-2)


@pytest.mark.parametrize(
    ("share", "agreement"),
    [
        (0.004, Agreement.SAME),
        (0.005, Agreement.OTHER_PRECISION),
        (0.044, Agreement.OTHER_PRECISION),
        (0.05, Agreement.DRIFT),
    ],
)
def test_lengths_are_judged_too(share, agreement):
    longer = (RECORDED / (1 - share)).astype(np.float32)
    assert compare_canaries(RECORDED, longer).agreement is agreement
    assert compare_canaries(longer, RECORDED).agreement is agreement


def test_one_bad_row_decides_and_is_named():
    now = RECORDED.copy()
    now[2] *= -1
    verdict = compare_canaries(RECORDED, now)
    assert (verdict.agreement, verdict.worst) == (Agreement.DRIFT, 2)


def test_a_zero_vector_equals_a_zero_vector_and_nothing_else():
    zero = RECORDED.copy()
    zero[1] = 0
    tiny = RECORDED.copy()
    tiny[1] = 1e-30
    assert compare_canaries(zero, zero.copy()).agreement is Agreement.SAME
    assert compare_canaries(zero, tiny) == Verdict(Agreement.DRIFT, np.inf, 1)
    assert compare_canaries(tiny, zero) == Verdict(Agreement.DRIFT, np.inf, 1)


def test_very_small_and_very_large_numbers_are_compared_in_float64():
    for scale in (1e-30, 1e30):
        rows = (RECORDED * scale).astype(np.float32)
        assert compare_canaries(rows, rows.copy()).agreement is Agreement.SAME


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_drift(bad):
    now = RECORDED.copy()
    now[3, 3] = bad
    assert compare_canaries(RECORDED, now) == Verdict(Agreement.DRIFT, np.inf, 3)


def test_another_shape_is_drift():
    verdict = compare_canaries(RECORDED, RECORDED[:3])
    assert (verdict.agreement, verdict.worst) == (Agreement.DRIFT, None)
    assert compare_canaries(RECORDED, RECORDED[:, :7]).agreement is Agreement.DRIFT


def test_canaries_are_encoded_in_both_roles(altered):
    encoder = altered()
    assert canary_vectors(encoder).shape == (2 * len(TEXTS), 32)
    for role in Role:
        texts = [item.data for inputs, asked in encoder.seen if asked is role for item in inputs]
        assert sorted(texts) == sorted(TEXTS)
    assert canary_name(encoder, 0) == "document ''"
    assert canary_name(encoder, len(TEXTS) + 4).startswith("query 'The quick brown fox")


def test_an_encoder_may_bring_its_own(altered):
    own = (Input(Modality.TEXT, "red"), Input(Modality.TEXT, "blue"))
    encoder = altered(own=own)
    assert canary_vectors(encoder).shape == (4, 32)
    assert encoder.seen[0][0] == own


def test_an_encoder_without_any_is_refused(altered):
    with pytest.raises(PluginError, match=r"Altered.canaries\(\) must return some"):
        canary_vectors(altered(own=()))


def test_each_canary_vector_is_in_the_row_of_its_input(altered):
    texts = ("short", "long " * 400, "small", "large " * 400)
    encoder = altered(own=tuple(Input(Modality.TEXT, text) for text in texts))
    vectors = canary_vectors(encoder)
    for row, item in enumerate(encoder.own):
        assert np.array_equal(vectors[row], encoder.encode([item], Role.DOCUMENT)[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda rows, role: rows * np.float32("nan"),
        lambda rows, role: rows[:, :-1],
        lambda rows, role: rows[:-1],
    ],
)
def test_vectors_that_break_the_contract_do_not_get_on_record(altered, change):
    with pytest.raises(PluginError, match=r"Altered: encode gave"):
        canary_vectors(altered(change=change))
