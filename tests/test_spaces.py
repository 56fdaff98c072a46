"""The rule itself: equal spaces or nothing, and errors in their order."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest

from vecstore.errors import (
    InvalidArgument,
    InvalidVector,
    SpaceMismatch,
    SpaceRequired,
    SpaceUnknown,
)
from vecstore.spaces import (
    Identity,
    Metric,
    Space,
    Vector,
    admit,
    admit_all,
    require_same_space,
    split_full_name,
    split_name,
)

SPACE = Space("m", "1", 3, "a" * 64)


def vector(space=SPACE, values=(1.0, 2.0, 3.0)):
    return Vector(space, list(values))


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n"},
        {"version": "2"},
        {"dim": 4},
        {"fingerprint": "b" * 64},
        {"transform": "truncate:3"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_difference_is_a_mismatch_and_is_named(change):
    other = replace(SPACE, **change)
    with pytest.raises(SpaceMismatch) as caught:
        require_same_space(SPACE, other)
    name = next(iter(change))
    assert caught.value.details[f"given_{name}"] == str(getattr(other, name))
    assert caught.value.details[f"expected_{name}"] == str(getattr(SPACE, name))
    assert name in caught.value.message


def test_equal_spaces_pass():
    require_same_space(SPACE, replace(SPACE))


def test_an_incomplete_identity_is_unknown_until_it_is_accepted():
    identity = Identity({"weights": "x"}, missing=("tokenizer",))
    space = replace(SPACE, fingerprint=identity.fingerprint)
    with pytest.raises(SpaceUnknown, match="encoders accept m@1"):
        require_same_space(space, space)
    require_same_space(space, space, accepted=True)


def test_accepting_does_not_excuse_a_mismatch():
    with pytest.raises(SpaceMismatch):
        require_same_space(SPACE, replace(SPACE, version="2"), accepted=True)


def test_a_fingerprint_depends_on_every_part_and_not_on_their_order():
    one = Identity({"a": 1, "b": {"c": [1, 2]}})
    assert one.fingerprint == Identity({"b": {"c": [1, 2]}, "a": 1}).fingerprint
    assert one.fingerprint != Identity({"a": 1, "b": {"c": [2, 1]}}).fingerprint
    assert one.fingerprint != Identity(one.parts, missing=("d",)).fingerprint


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(3, np.float64),
        np.zeros(3, np.int32),
        np.zeros(3, np.float16),
        np.zeros((1, 3), np.float32),
        np.zeros(0, np.float32),
        [],
        [1.0, float("nan")],
        [float("inf"), 1.0],
        [1e39, 1.0],
        [1.0, "2"],
        [True, False],
        "abc",
        b"abcd",
        None,
        7,
    ],
    ids=str,
)
def test_malformed_values_never_become_a_vector(values):
    with pytest.raises(InvalidVector):
        Vector(SPACE, values)


def test_numbers_whose_squares_leave_float32_are_finite_all_the_same():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(Vector(SPACE, np.array([3e38, -3e38, 1.0], np.float32))) == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("beside", [0.0, 1.0, 3e38])
def test_one_number_that_is_not_finite_is_found_among_any_others(bad, beside):
    values = np.full(400, beside, np.float32)
    values[397] = bad
    with pytest.raises(InvalidVector, match="position 397"):
        Vector(SPACE, values)


def test_a_vector_without_a_space_is_refused_after_its_form_was_checked():
    with pytest.raises(SpaceRequired):
        Vector(None, [1.0])
    with pytest.raises(InvalidVector):
        Vector(None, [float("nan")])


def test_many_vectors_become_rows():
    other = replace(SPACE)  # equal, and not the same
    vectors = [Vector(SPACE, [1.0, 2.0, 3.0]), Vector(other, [0.0, 0.0, 1.0])]
    rows = admit_all(SPACE, Metric.COSINE, vectors)
    np.testing.assert_array_equal(rows, [[1, 2, 3], [0, 0, 1]])
    assert rows.dtype == np.float32
    none = admit_all(SPACE, Metric.COSINE, [])
    assert (none.shape, none.dtype) == ((0, 3), np.float32)


@pytest.mark.parametrize(
    "unfit",
    [
        [1.0, 2.0, 3.0],
        "text",
        Vector(SPACE, [1.0, 2.0]),
        Vector(SPACE, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        Vector(replace(SPACE, fingerprint="b" * 64), [1.0, 2.0, 3.0]),
        Vector(SPACE, [0.0, 0.0, 0.0]),
    ],
)
def test_one_that_is_unfit_leaves_all_to_be_looked_at(unfit):
    fit = Vector(SPACE, [1.0, 2.0, 3.0])
    assert admit_all(SPACE, Metric.COSINE, [fit, unfit, fit]) is None


def test_lengths_that_only_together_fill_the_rows_are_unfit():
    vectors = [Vector(SPACE, [1.0, 2.0]), Vector(SPACE, [1.0, 2.0, 3.0, 4.0])]
    assert admit_all(SPACE, Metric.L2, vectors) is None


def test_a_vector_is_a_value():
    one, same = vector(), vector()
    assert one == same
    assert hash(one) == hash(same)
    assert one != vector(values=(1, 2, 4))
    assert one != vector(replace(SPACE, version="2"))
    assert pickle.loads(pickle.dumps(one)) == one


def test_a_vector_cannot_be_changed_from_outside():
    values = np.ones(3, np.float32)
    one = Vector(SPACE, values)
    values[0] = 9
    assert one.values[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        one.values[0] = 2


class TestAdmit:
    def test_the_errors_have_an_order(self):
        other = replace(SPACE, model="n")
        with pytest.raises(InvalidVector):
            admit(SPACE, Metric.COSINE, np.array([np.nan], np.float32))
        with pytest.raises(SpaceRequired):
            admit(SPACE, Metric.COSINE, np.array([1], np.float32))
        with pytest.raises(SpaceMismatch):
            admit(SPACE, Metric.COSINE, vector(other, [0.0]))
        with pytest.raises(InvalidVector, match="1 numbers"):
            admit(SPACE, Metric.COSINE, vector(values=[0.0]))
        with pytest.raises(InvalidVector, match="all zeros"):
            admit(SPACE, Metric.COSINE, vector(values=[0.0, 0.0, 0.0]))

    @pytest.mark.parametrize("metric", [Metric.L2, Metric.IP])
    def test_zero_is_a_vector_like_any_other_without_cosine(self, metric):
        admit(SPACE, metric, vector(values=[0.0, 0.0, 0.0]))

    def test_the_length_matters_even_where_the_spaces_are_equal(self):
        with pytest.raises(InvalidVector, match="4 numbers"):
            admit(SPACE, Metric.L2, vector(values=[1, 2, 3, 4]))


@pytest.mark.parametrize("name", ["", "@1", "a@", "a b", "a@b@c", "-a", "a\n", "x" * 129, "a@ 1"])
def test_names_that_are_none(name):
    with pytest.raises(InvalidArgument):
        split_name(name)


def test_names():
    assert split_name("BAAI/bge-small") == ("BAAI/bge-small", None)
    assert split_name("a@1.0") == ("a", "1.0")
    with pytest.raises(InvalidArgument, match="no version"):
        split_full_name("a")
