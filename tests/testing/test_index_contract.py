"""Each rule of the contract catches an index backend that breaks it."""

import inspect

import numpy as np
import pytest

from vecstore.errors import VecstoreError
from vecstore.index.exact import ExactIndex
from vecstore.spaces import Metric
from vecstore.specs import IndexSpec
from vecstore.testing import IndexContract
from vecstore.testing.index import COUNT, sample


class Bent(ExactIndex):
    """An exact index, with something wrong."""

    def __init_subclass__(cls):
        cls.spec = IndexSpec("bent", "For tests.", cls, cls.load, exact=True)


class ShowsTheDead(Bent):
    def remove(self, keys):
        self._rows(keys)


class ForgetsTheFar(Bent):
    def search(self, query, k):
        keys, distances = super().search(query, k)
        half = len(keys) // 2
        return keys[:half], distances[:half]


class MeasuresOtherwise(Bent):
    def search(self, query, k):
        keys, distances = super().search(query, k)
        return keys, distances * 2


class Shuffles(Bent):
    def search(self, query, k):
        keys, distances = super().search(query, k)
        return keys[::-1], distances[::-1]


class TrustsQueries(Bent):
    def search(self, query, k):
        try:
            return super().search(query, k)
        except VecstoreError:
            return self._keys[:1], np.zeros(1, np.float32)


class TrustsVectors(Bent):
    def add(self, keys, vectors):
        try:
            super().add(keys, vectors)
        except VecstoreError:
            self._used += 1


class Rounds(Bent):
    def vectors(self, keys):
        return super().vectors(keys).astype(np.float16).astype(np.float32)


class SavesHalf(Bent):
    def save(self, path):
        self._used //= 2
        super().save(path)


class LoadsAnything(Bent):
    @classmethod
    def load(cls, path, dim, metric):
        return cls(dim, metric, 1)


def broken(spec, tmp_path):
    """The rules that this backend breaks, under one metric."""
    suite, metric = IndexContract(), Metric.L2
    found = set()
    for name in sorted(name for name in vars(IndexContract) if name.startswith("test_")):
        for number, given in enumerate(cases(name)):
            folder = tmp_path / f"{name}{number}"
            folder.mkdir()
            vectors = sample(COUNT, metric, seed=1)
            try:
                index = IndexContract.index.__wrapped__(suite, spec, metric, vectors)
                known = {"spec": spec, "metric": metric, "vectors": vectors, "index": index}
                known |= {"tmp_path": folder} | given
                wanted = inspect.signature(getattr(suite, name)).parameters
                getattr(suite, name)(**{key: known[key] for key in wanted})
            except pytest.skip.Exception:
                pass
            except (AssertionError, VecstoreError, pytest.fail.Exception):
                found.add(name)
    return found


def cases(name):
    """The arguments that a rule is parametrised with."""
    marks = getattr(getattr(IndexContract, name), "pytestmark", [])
    for mark in marks:
        argument, values = mark.args
        return [{argument: value} for value in values]
    return [{}]


def test_nothing_is_wrong_with_the_plain_one(tmp_path):
    spec = IndexSpec("plain", "For tests.", ExactIndex, ExactIndex.load, exact=True)
    assert broken(spec, tmp_path) == set()


@pytest.mark.parametrize(
    ("backend", "rule"),
    [
        (ShowsTheDead, "test_removed_keys_never_come_back"),
        (ShowsTheDead, "test_nothing_is_left"),
        (ForgetsTheFar, "test_finds_the_nearest"),
        (ForgetsTheFar, "test_k_beyond_what_is_there"),
        (MeasuresOtherwise, "test_finds_the_nearest"),
        (Shuffles, "test_finds_the_nearest"),
        (TrustsQueries, "test_query_of_another_shape"),
        (TrustsQueries, "test_query_that_is_not_finite"),
        (TrustsQueries, "test_query_of_another_dtype"),
        (TrustsQueries, "test_k_below_one"),
        (TrustsVectors, "test_vectors_of_another_shape"),
        (TrustsVectors, "test_vectors_that_are_not_finite"),
        (TrustsVectors, "test_keys_that_are_not_new_and_ascending"),
        (Rounds, "test_gives_vectors_back_as_they_came"),
        (SavesHalf, "test_survives_a_file"),
        (LoadsAnything, "test_survives_a_file"),
        (LoadsAnything, "test_file_of_another_dim"),
        (LoadsAnything, "test_no_file"),
    ],
)
def test_what_is_wrong_is_caught(tmp_path, backend, rule):
    assert rule in broken(backend.spec, tmp_path)
