"""The steps of a re-embedding as transactions: begun, resumed, switched, rolled back, ended.

Each is one transaction of the writer, which finds out in it whether the step may be taken; so a
process that is killed has taken a step, or has not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vecstore.errors import ReembedBlocked
from vecstore.instants import now
from vecstore.reembedding.blocking import command, roll_back_blocked, switch_blocked, where
from vecstore.reembeddings import (
    Decision,
    FieldState,
    ReembedOptions,
    ReembedQuery,
    ReembedState,
)
from vecstore.storage.beside import forget_all_failures
from vecstore.storage.calibrations import copy_settings
from vecstore.storage.catalog import CollectionRow, FieldRow, NewFieldRow
from vecstore.storage.reembeddings import (
    ReembedRow,
    add_reembedding,
    change_reembedding,
    open_reembedding,
    open_reembeddings,
)
from vecstore.storage.staging import add_beside, counts, drop_beside, exchange
from vecstore.storage.writes import CollectionChanged, require

if TYPE_CHECKING:
    from vecstore.store import Store

_ATTEMPTS = 100

# From these it may be gone on with.
RESUMABLE = (
    ReembedState.FILLING,
    ReembedState.PAUSED,
    ReembedState.STOPPED,
    ReembedState.FILLED,
    ReembedState.BELOW_GATE,
    ReembedState.READY,
    ReembedState.ROLLED_BACK,
)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did.

    Args:
        row: the re-embedding as it is now.
        collection: as it is now, where its fields are other ones than before.
        gone: the field, in the space that was let go.
    """

    row: ReembedRow
    collection: CollectionRow | None = None
    gone: FieldRow | None = None


def take(store: Store, name: str, run: Callable[[Connection, CollectionRow], Step]) -> Step:
    """Take a step in the writer's transaction, with the collection as it is by then.

    Args:
        store: the collection's.
        name: of the collection.
        run: one of the steps of this module.
    """
    for _ in range(_ATTEMPTS):
        collection = store.row(name)
        try:
            return store.write(
                lambda connection, row=collection: run(connection, row),  # type: ignore[misc]
                lambda step: _committed(store, step),
            )
        except CollectionChanged:
            continue
    raise ReembedBlocked(f"the fields of {name!r} keep changing; try again", collection=name)


def _committed(store: Store, step: Step) -> None:
    if step.collection is not None:
        store.names.forget(step.collection)
    if step.gone is not None:
        store.owner.drop_field(step.gone)
        store.familiarity.forget_field(step.gone)


def begin(
    connection: Connection,
    collection: CollectionRow,
    live: FieldRow,
    target: NewFieldRow,
    options: ReembedOptions,
    queries: Sequence[ReembedQuery],
) -> Step:
    """Let a field have a staged space, and put on record that it is to be filled.

    Raises:
        ReembedBlocked: a re-embedding of the collection is under way.
    """
    require(connection, collection)
    if collection.field(live.name) != live:
        raise CollectionChanged
    require_free(collection, live.name, open_reembeddings(connection, collection))
    fresh, other = add_beside(connection, collection, target)
    # What is unfamiliar is told by the same measure there; queries' vectors are of the old space.
    copy_settings(connection, live, other)
    row = add_reembedding(connection, live, other, fresh, options, queries)
    return Step(row, fresh)


def require_free(collection: CollectionRow, field: str, found: Sequence[ReembedRow]) -> None:
    """Raise ReembedBlocked where a field cannot begin to move.

    Args:
        collection: the field's.
        field: its name.
        found: the re-embeddings of the collection that are not over.
    """
    for row in found:
        # One that has been switched waits for nothing but its user.
        if row.field == field or row.state is not ReembedState.SWITCHED:
            one = "" if row.field == field else "; vector fields move one at a time"
            over = "finish" if row.state is ReembedState.SWITCHED else "cancel"
            raise ReembedBlocked(
                f"{where(collection, row)} is {row.state} already{one}; {over} that first: "
                f"{command(over, collection, row)}",
                collection=collection.name,
                state=row.state,
            )


def resume(
    connection: Connection,
    collection: CollectionRow,
    field: str,
    changes: dict[str, Any],
    *,
    retry_failures: bool,
    judge_again: bool,
) -> Step:
    """Let it be filled further.

    Args:
        changes: options that are other ones from now on.
        retry_failures: whether what the encoder refused is tried again.
        judge_again: whether it is judged again, whatever was found before.
    """
    row = current(connection, collection, field)
    if row.state is ReembedState.SWITCHED:
        raise _refused(collection, row, "roll it back, or finish it", "resume")
    if retry_failures:
        forget_all_failures(connection, sides(collection, field)[1])
    options = replace(row.options, **changes)
    decided = any(
        getattr(options, name) in (Decision.ENCODE, Decision.CARRY)
        and getattr(options, name) is not getattr(row.options, name)
        for name in ("brought", "without_input")
    )
    values: dict[str, Any] = {"state": ReembedState.FILLING, "options": options, "error": ""}
    if judge_again or decided or retry_failures or options.gates != row.options.gates:
        values["report"] = None
    return Step(change_reembedding(connection, row.id, RESUMABLE, **values))


def pause(connection: Connection, collection: CollectionRow, field: str) -> Step:
    """Let it be filled no further for now."""
    row = current(connection, collection, field)
    if row.state is ReembedState.PAUSED:
        return Step(row)
    if row.state is not ReembedState.FILLING:
        raise _refused(collection, row, "only one that is filling can be paused", "pause")
    return Step(change_reembedding(connection, row.id, [row.state], state=ReembedState.PAUSED))


def switch(
    connection: Connection, collection: CollectionRow, field: str, *, leave_out_failures: bool
) -> Step:
    """Let the new space be live, and the one that was live be kept up to date beside it.

    Raises:
        ReembedBlocked: something keeps it from being done; the message says all of it.
    """
    row = current(connection, collection, field)
    require(connection, collection)
    options = row.options
    if leave_out_failures:
        options = replace(options, failures=Decision.LEAVE_OUT)
        row = replace(row, options=options)
    live, other = sides(collection, field)
    blocked = switch_blocked(collection, row, counts(connection, live, other))
    if blocked:
        raise _blocked("cannot be switched", collection, row, blocked)
    fresh = exchange(connection, collection, field, FieldState.RETIRED)
    changed = change_reembedding(
        connection,
        row.id,
        RESUMABLE,
        state=ReembedState.SWITCHED,
        switched_at=now(),
        options=options,
    )
    return Step(changed, fresh)


def roll_back(
    connection: Connection, collection: CollectionRow, field: str, *, leave_out: bool
) -> Step:
    """Let the space that was live before the switch be live again; the new one is staged again.

    Args:
        leave_out: whether records that were written since, and are not in the old space, may have
            no vector then, which goes on record.

    Raises:
        ReembedBlocked: nothing has been switched, or such records are undecided.
    """
    row = current(connection, collection, field)
    require(connection, collection)
    if row.state is not ReembedState.SWITCHED:
        then = f"{row.source.name} is still live, and there is nothing to roll back"
        raise _refused(collection, row, then, "roll back")
    live, other = sides(collection, field)
    blocked = roll_back_blocked(counts(connection, live, other), other)
    if blocked and not leave_out:
        raise _blocked("cannot be rolled back", collection, row, blocked)
    fresh = exchange(connection, collection, field, FieldState.STAGED)
    left_out = Decision.LEAVE_OUT if blocked else Decision.ASK
    changed = change_reembedding(
        connection,
        row.id,
        [ReembedState.SWITCHED],
        state=ReembedState.ROLLED_BACK,
        options=replace(row.options, rollback=left_out),
    )
    return Step(changed, fresh)


def finish(connection: Connection, collection: CollectionRow, field: str) -> Step:
    """Let the space go that was live before the switch.

    Raises:
        ReembedBlocked: nothing has been switched.
    """
    row = current(connection, collection, field)
    if row.state is not ReembedState.SWITCHED:
        then = f"{row.source.name} is still live; switch it first, or cancel it"
        raise _refused(collection, row, then, "finish")
    return _end(connection, collection, row, ReembedState.FINISHED)


def cancel(connection: Connection, collection: CollectionRow, field: str) -> Step:
    """Let the space go that was to become live.

    Raises:
        ReembedBlocked: it is live by now.
    """
    row = current(connection, collection, field)
    if row.state is ReembedState.SWITCHED:
        then = (
            f"{row.target.name} is live; roll it back first: {command('rollback', collection, row)}"
        )
        raise _refused(collection, row, then, "cancel")
    return _end(connection, collection, row, ReembedState.CANCELLED)


def current(connection: Connection, collection: CollectionRow, field: str) -> ReembedRow:
    """The re-embedding of a field that is not over.

    Raises:
        ReembedBlocked: there is none.
    """
    found = open_reembedding(connection, collection, field)
    if found is None:
        raise ReembedBlocked(
            f"the field {field!r} of {collection.name!r} is not being re-embedded; start that "
            f"first: vecstore reembed start {collection.name} --to MODEL@VERSION",
            collection=collection.name,
        )
    return found


def sides(collection: CollectionRow, field: str) -> tuple[FieldRow, FieldRow]:
    """A field in its live space, and in the one beside it.

    Raises:
        CollectionChanged: it has none beside it: the row is an old one.
    """
    live, other = collection.field(field), collection.other(field)
    if live is None or other is None:
        raise CollectionChanged
    return live, other


def _end(
    connection: Connection, collection: CollectionRow, row: ReembedRow, state: ReembedState
) -> Step:
    _, gone = sides(collection, row.field)
    fresh = drop_beside(connection, collection, row.field)
    changed = change_reembedding(
        connection, row.id, [*RESUMABLE, ReembedState.SWITCHED], state=state, ended_at=now()
    )
    return Step(changed, fresh, gone)


def _blocked(
    what: str, collection: CollectionRow, row: ReembedRow, why: Sequence[str]
) -> ReembedBlocked:
    return ReembedBlocked(
        f"{where(collection, row)} {what}: {' '.join(why)}",
        collection=collection.name,
        state=row.state,
    )


def _refused(collection: CollectionRow, row: ReembedRow, then: str, what: str) -> ReembedBlocked:
    return ReembedBlocked(
        f"cannot {what}: {where(collection, row)} is {row.state}; {then}",
        collection=collection.name,
        state=row.state,
    )
