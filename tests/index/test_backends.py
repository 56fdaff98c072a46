"""The built-in backends pass the suite that plugin authors are given."""

import pytest

from vecstore.config import Settings
from vecstore.index.builtin import index_backends
from vecstore.testing.index import IndexContract

HNSW, EXACT = index_backends(Settings(index_threads=2))


class TestHnsw(IndexContract):
    @pytest.fixture
    def spec(self):
        return HNSW


class TestExact(IndexContract):
    @pytest.fixture
    def spec(self):
        return EXACT


def test_only_the_exact_one_says_so():
    assert (HNSW.exact, EXACT.exact) == (False, True)
