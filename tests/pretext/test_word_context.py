"""The contract, for every kind of word-context; and that its description is light."""

import subprocess
import sys

import pytest

from vecstore.pretext.word_context import SPEC
from vecstore.testing import PretextContract

LITTLE = {"vector_size": 8, "window": 3, "epochs": 4, "min_count": 1, "learning_rate": 0.1}


@pytest.fixture(scope="module")
def task():
    pytest.importorskip("gensim")
    return SPEC


@pytest.fixture(scope="module")
def data(topic_texts):
    return topic_texts


class TestSkipGram(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return LITTLE


class TestCbow(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return {**LITTLE, "architecture": "cbow"}


class TestSubwords(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def options(cls):
        return {**LITTLE, "unknown": "subwords", "buckets": 200}


@pytest.mark.parametrize("module", ["word_context", "word_vectors"])
def test_neither_the_task_nor_its_encoder_loads_gensim(module):
    code = (
        f"import vecstore.pretext.{module}, sys; "
        "found = {'gensim', 'scipy', 'torch'} & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
