import pytest

from vecstore.encoders.hashing import SPEC, load
from vecstore.encoders.options import resolve_options
from vecstore.testing import EncoderContract


class TestHashingEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self):
        return load("builtin", resolve_options(SPEC, {}))

    @pytest.fixture
    def reload(self):
        return lambda: load("builtin", resolve_options(SPEC, {}))


class TestHashingEncoderOfFewDims(EncoderContract):
    @pytest.fixture
    def encoder(self):
        return load("builtin", resolve_options(SPEC, {"dim": 8}))
