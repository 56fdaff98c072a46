"""The smallest task that learns from images passes the contract, with a folder as its data."""

import pytest

from vecstore.testing import PretextContract


class TestShades(PretextContract):
    @pytest.fixture(scope="class")
    @classmethod
    def task(cls, shades):
        return shades

    @pytest.fixture(scope="class")
    @classmethod
    def data(cls, photos):
        return photos
