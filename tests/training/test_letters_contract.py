"""The smallest task passes the contract that any task must."""

import pytest

from vecstore.testing import PretextContract


class TestLetters(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def task(cls, letters):
        return letters

    @pytest.fixture(scope="class")
    @classmethod
    def data(cls, texts):
        return texts
