"""Fixtures for every room: databases, an encoder of categories, and short cuts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from tests import postgres, shortcuts
from tests.databases import PostgresServer
from vecstore.registry import Registry

# Long ones, which none should wait for at the end of a run on several processors.
_FIRST = ("kill", "packaging", "benchmarks", "training")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms whose files are long, though they hold few tests."""
    here = Path(__file__).parent
    rooms = [here / name for name in _FIRST]

    def place(item: pytest.Item) -> int:
        return next((n for n, one in enumerate(rooms) if one in item.path.parents), len(rooms))

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _short_cuts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shortcuts.take(patch)
        yield


@pytest.fixture
def whole_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrations run, and plugins are listed, each time."""
    shortcuts.leave(monkeypatch)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test run's own, on loopback; skips where there is none."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy URL of a PostgreSQL database that holds an empty store."""
    with postgres_server.store() as url:
        yield url


@pytest.fixture
def bare_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy URL of a PostgreSQL database that holds no tables."""
    with postgres_server.database() as url:
        yield url


class ColumnsEncoder(vecstore.Encoder):
    """Reads the columns "hr" and "day"; each gives three numbers, made of its value."""

    dim = 6
    modalities = frozenset({vecstore.Modality.CATEGORIES})

    def __init__(self, _source: str, _options: Any) -> None:
        pass

    def identity(self) -> vecstore.Identity:
        return vecstore.Identity({"columns": ["hr", "day"]})

    def canaries(self) -> list[vecstore.Input]:
        return [vecstore.Input(vecstore.Modality.CATEGORIES, '{"hr":"7"}')]

    def encode(self, inputs: Any, _role: Any) -> Any:
        return np.stack([self._row(json.loads(one.data), n) for n, one in enumerate(inputs)])

    def _row(self, values: dict[str, str], number: int) -> Any:
        unknown = set(values) - {"hr", "day"}
        if unknown:
            message = f"there is no column {sorted(unknown)}; there are hr, day"
            raise vecstore.InvalidInput(message, input=number)
        row = np.zeros(6, np.float32)
        for place, name in enumerate(("hr", "day")):
            if name in values:
                digest = hashlib.sha256(f"{name}={values[name]}".encode()).digest()
                row[3 * place : 3 * place + 3] = np.frombuffer(digest[:3], np.int8)
        return row


class _ColumnsPlugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self) -> list[vecstore.EncoderSpec]:
        return [
            vecstore.EncoderSpec(
                loader="columns",
                summary="for tests",
                modalities=(vecstore.Modality.CATEGORIES,),
                load=ColumnsEncoder,
                ready=(vecstore.ReadyRelease("columns", "1", ""),),
            )
        ]


@pytest.fixture(scope="session")
def columns_registry() -> Registry:
    """A registry with the ready release columns@1, which reads categories."""
    plugins = [("columns", _ColumnsPlugin())]
    return Registry.load(vecstore.Settings(), plugins=plugins, entry_points=False)
