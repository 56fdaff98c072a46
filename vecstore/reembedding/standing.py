"""How a re-embedding stands, from what is on record and what is under way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vecstore.reembedding.blocking import (
    command,
    roll_back_blocked,
    switch_blocked,
    undecided,
)
from vecstore.reembedding.progress import Progress
from vecstore.reembedding.settling import count
from vecstore.reembeddings import Doing, ReembedCounts, ReembedState, ReembedStatus
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.reembeddings import ReembedRow

if TYPE_CHECKING:
    from vecstore.store import Store


def standing(store: Store, collection: CollectionRow, row: ReembedRow) -> ReembedStatus:
    """How a re-embedding stands.

    While it is filled, the records are those of its progress; counting them reads every entry.
    """
    keeper = store.reembeddings
    progress = keeper.running(row.id)
    if row.state is ReembedState.FILLING and progress is None and keeper.error(row.id):
        # The disk was too full to put it on record.
        row = replace(row, state=ReembedState.STOPPED, error=keeper.error(row.id))
    working = progress if row.state is ReembedState.FILLING else None
    left = row.state is ReembedState.FILLING and working is None
    elsewhere = store.owner.elsewhere() if left else ""
    judging = working is not None and working.doing is Doing.JUDGING
    if working is not None:
        counts = _under_way(keeper.counted(row.id), working)
    else:
        counts = count(store, collection, row)
    return ReembedStatus(
        id=str(row.id),
        collection=collection.name,
        field=row.field,
        source=row.source,
        target=row.target,
        state=row.state,
        options=row.options,
        counts=counts,
        blocked=_blocked(collection, row, counts, elsewhere, filling=working is not None),
        records_per_second=None if judging or working is None else working.rate,
        seconds_left=None if judging or working is None else working.seconds_left,
        error=row.error,
        running=progress is not None and not row.state.over,
        doing=None if working is None else working.doing,
        created_at=row.created_at,
        switched_at=row.switched_at,
        ended_at=row.ended_at,
        report=row.report,
        elsewhere=elsewhere,
        letting_go=row.state.over and keeper.letting_go.busy,
    )


def _blocked(
    collection: CollectionRow,
    row: ReembedRow,
    counts: ReembedCounts,
    elsewhere: str,
    *,
    filling: bool,
) -> tuple[str, ...]:
    """What keeps it from being switched; once it is, from being rolled back."""
    if row.state.over:
        return ()
    other = collection.other(row.field)
    if row.state is ReembedState.SWITCHED:
        return () if other is None else roll_back_blocked(counts, other)
    if filling:
        # What is to be decided can be decided already.
        return undecided(collection, row, replace(counts, pending=0))
    if elsewhere:
        return (
            f"{elsewhere} has the store open, and alone can work on it; ask it how it goes on, "
            "through its server (--server HOST:PORT).",
        )
    if row.state is ReembedState.FILLING:
        again = command("resume", collection, row)
        return (f"nobody works on it; go on with it: {again}.",)
    return switch_blocked(collection, row, counts)


def _under_way(before: ReembedCounts, progress: Progress) -> ReembedCounts:
    """The counts of when it began, and what has been done since."""
    done = min(progress.done, before.pending)
    return replace(before, pending=before.pending - done, moved=before.moved + done)
