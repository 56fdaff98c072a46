"""Stores to export from and import into: embedded on both databases, and behind a server."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import vecstore
from tests.serving import served

# So small that a page of large records must end early.
MESSAGE_BYTES = 8 * 1024 * 1024


@pytest.fixture(params=["sqlite", "postgresql", "server"])
def store(request, tmp_path):
    """An empty store."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        with vecstore.open(tmp_path / "store", database=url) as opened:
            yield opened
        return
    settings = vecstore.Settings(max_message_bytes=MESSAGE_BYTES)
    with vecstore.open(tmp_path / "store", settings=settings) as opened:
        if request.param == "sqlite":
            yield opened
        else:
            yield from _remote(opened)


@pytest.fixture
def local(tmp_path):
    """An empty store of this process, on SQLite."""
    with vecstore.open(tmp_path / "store") as opened:
        yield opened


def _remote(opened):
    with (
        served(opened) as address,
        vecstore.connect(address, settings=opened.settings) as client,
    ):
        yield client


@pytest.fixture
def image():
    """image(seed, side=8) -> the bytes of a PNG that does not pack well."""

    def make(seed, side=8):
        pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()

    return make


@pytest.fixture
def everything():
    """everything(collection) -> all its records, with vectors, by id."""

    def read(collection):
        found, token = [], ""
        while True:
            page = collection.list(page_size=1000, page_token=token, include_vectors=True)
            found += page.records
            token = page.next_page_token
            if not token:
                return found

    return read
