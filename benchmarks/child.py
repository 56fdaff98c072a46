"""What is measured in a process of its own: ``python -m benchmarks.child WHAT SIDE PATH QUERIES``.

Prints one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import hnswlib  # noqa: F401 - imported before the clock starts
import numpy as np

from benchmarks import bare
from benchmarks.measure import resident_bytes
from vecstore.spaces import FloatArray

Ask = Callable[[FloatArray], object]
Opened = tuple[AbstractContextManager[Any], Ask]

# What opening a store imports at its first use.
_ROOMS = ("vecstore.index", "vecstore.storage", "vecstore.encoders")
_LIBRARIES = (
    "alembic.migration",
    "alembic.script",
    "email.parser",
    "numpy.ma",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlite3",
)


def main() -> None:
    """Measure, and print."""
    what, side, path, queries = sys.argv[1:]
    opener = {"store": _store, "bare": _bare}[side]
    if side == "store":
        _import_all()
    asked = np.atleast_2d(np.load(queries))
    answer = {"first-answer": _first_answer, "resident": _resident}[what](opener, Path(path), asked)
    print(json.dumps(answer), flush=True)


def _first_answer(opener: Callable[[Path, int], Opened], path: Path, queries: FloatArray) -> Any:
    start = time.perf_counter()
    opened, ask = opener(path, queries.shape[1])
    ask(queries[0])
    seconds = time.perf_counter() - start
    with opened:
        return {"seconds": seconds}


def _resident(opener: Callable[[Path, int], Opened], path: Path, queries: FloatArray) -> Any:
    opened, ask = opener(path, queries.shape[1])
    with opened:
        for query in queries:
            ask(query)
        return {"bytes": resident_bytes()}


def _bare(path: Path, dim: int) -> Opened:
    index = bare.load(path, dim)
    return nullcontext(), lambda query: index.knn_query(query, bare.K)


def _store(path: Path, dim: int) -> Opened:  # noqa: ARG001 - the store knows its dim
    import vecstore
    from benchmarks.ground import COLLECTION, SETTINGS
    from benchmarks.search import ask

    store = vecstore.open(path, settings=SETTINGS)
    collection = store.collection(COLLECTION)
    space = collection.space
    return store, lambda query: ask(collection, vecstore.Vector(space, query))


def _import_all() -> None:
    import vecstore.store  # noqa: F401
    from benchmarks import search  # noqa: F401

    for name in _ROOMS:
        room = importlib.import_module(name)
        for info in pkgutil.iter_modules(room.__path__, f"{name}."):
            importlib.import_module(info.name)
    for name in _LIBRARIES:
        importlib.import_module(name)


if __name__ == "__main__":
    main()
