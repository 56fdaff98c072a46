"""The way of a re-embedding from its start until it needs somebody: filled, judged, switched."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vecstore.errors import ReembedBlocked
from vecstore.reembedding import calibrating, filler, judging, switching
from vecstore.reembedding.blocking import effective, undecided, unsettled
from vecstore.reembedding.progress import Progress
from vecstore.reembeddings import Doing, ReembedCounts, ReembedReport, ReembedState, SwitchMode
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.faults import told
from vecstore.storage.reembeddings import ReembedRow, change_reembedding
from vecstore.storage.staging import counts
from vecstore.storage.writes import CollectionChanged

if TYPE_CHECKING:
    from vecstore.store import Store

# Passes over what came where it has been already, and switches that were tried in vain.
_PASSES = 10


def settle(store: Store, id_: int, progress: Progress, stop: threading.Event) -> None:
    """Go on with a re-embedding until it is ready, needs a decision, or is told to stop.

    Args:
        store: whose.
        id_: the re-embedding's.
        progress: kept up to date.
        stop: set where it is to end early.

    Raises:
        VecstoreError: what stopped it.
    """
    for _ in range(_PASSES):
        if stop.is_set():
            return
        try:
            if _settled(store, id_, progress, stop):
                return
        except CollectionChanged:
            # Another field of the collection has moved.
            continue
    # More is always written than was looked at.
    _change(store, store.reembeddings.records.get(id_), state=ReembedState.FILLED)


def count(store: Store, collection: CollectionRow, row: ReembedRow) -> ReembedCounts:
    """What became in the space beside the live one of the records of that; none where it is over.

    Reads every entry of the field.
    """
    live, other = collection.field(row.field), collection.other(row.field)
    # Beside a field may be the space of the next one by now.
    if live is None or other is None or row.state.over:
        return ReembedCounts()
    with told("counting records"), store.catalog.engine.connect() as connection:
        return counts(connection, live, other)


def collection_of(store: Store, row: ReembedRow) -> CollectionRow | None:
    """The collection of a re-embedding as it is now; None where it is gone."""
    return next((one for one in store.catalog.collections() if one.id == row.collection_id), None)


def _settled(store: Store, id_: int, progress: Progress, stop: threading.Event) -> bool:
    """Whether it is as far as it gets; False to do it once more."""
    records = store.reembeddings.records
    row = records.get(id_)
    collection = collection_of(store, row)
    if row.state is not ReembedState.FILLING or collection is None:
        return True
    progress.begin(Doing.FILLING)
    _fill(store, collection, row, progress, stop)
    if stop.is_set():
        return True
    row = records.get(id_)
    report = row.report
    if report is None:
        progress.begin(Doing.JUDGING)
        report = judging.judge(store, row, stop)
        # Another field may have moved since.
        collection = collection_of(store, row)
        if not (stop.is_set() or collection is None):
            notes = calibrating.calibrate(store, collection, row)
            report = replace(report, notes=(*report.notes, *notes))
    collection = collection_of(store, row)
    if stop.is_set() or collection is None:
        return True
    found = count(store, collection, row)
    _change(store, row, state=_state(collection, row, found, report), report=report)
    return _switched(store, collection.name, id_)


def _fill(
    store: Store,
    collection: CollectionRow,
    row: ReembedRow,
    progress: Progress,
    stop: threading.Event,
) -> None:
    """Fill until nothing is left to move by what was decided, or nothing moves any more.

    Vectors that callers brought while it was filled may stand where it has been already; where
    these never end, the last of them are left to whoever resumes it.
    """
    for _ in range(_PASSES):
        before = progress.done
        filler.fill(store, row, progress, stop)
        if stop.is_set():
            return
        left = unsettled(effective(row), count(store, collection, row))
        moved = progress.done > before
        if not left or not (moved or row.reached):
            return
        row = _change(store, row, reached="")


def _state(
    collection: CollectionRow, row: ReembedRow, found: ReembedCounts, report: ReembedReport | None
) -> ReembedState:
    if undecided(collection, row, found):
        return ReembedState.FILLED
    if row.options.gates and report is not None and judging.gates_blocking(report):
        return ReembedState.BELOW_GATE
    return ReembedState.READY


def _switched(store: Store, name: str, id_: int) -> bool:
    """Switch where nobody is to be asked."""
    row = store.reembeddings.records.get(id_)
    if row.options.switch is not SwitchMode.AUTO or row.state is not ReembedState.READY:
        return True
    try:
        switching.take(
            store,
            name,
            lambda connection, collection: switching.switch(
                connection, collection, row.field, leave_out_failures=False
            ),
        )
    except ReembedBlocked:
        # Something was written since it was counted: it is looked at once more.
        _change(store, row, ReembedState.READY, state=ReembedState.FILLING, reached="")
        return False
    return True


def _change(
    store: Store, row: ReembedRow, state_was: ReembedState = ReembedState.FILLING, **values: Any
) -> ReembedRow:
    return store.write(
        lambda connection: change_reembedding(connection, row.id, [state_was], **values),
        lambda _: None,
    )
