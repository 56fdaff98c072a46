"""How an index begins."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from vecstore.index.columns import Fetch, Rows
from vecstore.index.manifest import Manifest
from vecstore.index.prepare import prepare
from vecstore.index.snapshot import Loaded, Snapshots
from vecstore.index.state import State

# Vectors read from SQL at a time.
_FETCH = 4096


def load(snapshots: Snapshots, rows: Rows | Callable[[], Rows]) -> tuple[Rows, Loaded | None]:
    """The rows, and the snapshot if it is beyond doubt.

    The digests of the files are computed beside the reading of the rows.
    """
    verified: list[Manifest | None] = []
    thread = threading.Thread(target=lambda: verified.append(snapshots.verify()), daemon=True)
    thread.start()
    try:
        read = rows() if callable(rows) else rows
    finally:
        thread.join()
    manifest = verified[0] if verified else None
    return read, None if manifest is None else snapshots.load(manifest, read)


def fill_tail(state: State, rows: Rows, fetch: Fetch) -> int:
    """Put what the graph lacks into the tail; how much that was."""
    start = int(np.searchsorted(rows.labels, state.graph.applied, side="right"))
    for first in range(start, len(rows.labels), _FETCH):
        labels = rows.labels[first : first + _FETCH]
        values = prepare(fetch(labels), state.metric)
        state.tail.append(labels, rows.crcs[first : first + _FETCH], values)
    return len(rows.labels) - start
