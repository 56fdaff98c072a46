"""One vector field on its way to another space, as callers hold it."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vecstore.errors import InvalidArgument, NotFound, ReembedBlocked
from vecstore.inputs import shorten
from vecstore.paging import MAX_PAGE
from vecstore.reembedding import judging, planning, switching, targets
from vecstore.reembedding.asking import (
    checked_cores,
    checked_options,
    checked_seconds,
    decision,
)
from vecstore.reembedding.carrying import require_carriable
from vecstore.reembedding.queries import asked_queries, require_relevant
from vecstore.reembedding.refused import page_of_refused
from vecstore.reembedding.standing import standing
from vecstore.reembeddings import (
    Decision,
    ReembedFailure,
    ReembedPlan,
    ReembedQuery,
    ReembedState,
    ReembedStatus,
)
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.faults import told
from vecstore.storage.reembeddings import ReembedRow, open_reembeddings

if TYPE_CHECKING:
    from vecstore.store import Store

# How long the work under way may take to see that it is to stop.
_STOP_SECONDS = 10.0

Queries = Sequence[ReembedQuery] | str | Path


class Reembedding:
    """Moves a vector field to another space while it goes on answering. Made by
    :meth:`Collection.reembedding`.

    Its work is done by a thread of the process that owns the store: of the server, or of this one
    until the store is closed.

    Args:
        store: the collection's.
        collection: its name.
        field: the vector field's.
    """

    def __init__(self, store: Store, collection: str, field: str) -> None:
        self._store = store
        self._collection = collection
        self._field = field

    def __repr__(self) -> str:
        return f"<Reembedding of {self._collection}/{self._field}>"

    def plan(self, encoder: str, *, transform: str = "", cores: float = 0.5) -> ReembedPlan:
        """What it would take to move the field; changes nothing.

        Args:
            encoder: ``model@version``.
            transform: what is done to vectors after the encoder.
            cores: share of the cores that encoding may use, above 0 up to 1.

        Raises:
            InvalidArgument: the field is there already, or the encoder cannot read its inputs.
            EncoderNotFound, NotFound: there is no such encoder, or transform.
        """
        share = checked_cores(cores)
        collection, live = self._live()
        target = targets.checked_target(self._store, collection, live, encoder, transform)
        return planning.plan(self._store, collection, live, target, share)

    def start(
        self,
        encoder: str,
        *,
        transform: str = "",
        gates: Sequence[str] = (),
        queries: Queries | None = None,
        switch: str = "manual",
        brought: str = "ask",
        without_input: str = "ask",
        failures: str = "ask",
        cores: float = 0.5,
    ) -> ReembedStatus:
        """Begin to fill the field's new space beside its live one, and go on in the background.

        From now on every write reaches both spaces, until :meth:`finish` or :meth:`cancel`.

        Args:
            encoder: ``model@version``.
            transform: what is done to vectors after the encoder.
            gates: what must hold before the switch, such as ``retrieval.ndcg@10>=live``.
            queries: the user's own, for judging: values, or a file of JSON lines such as
                ``{"query": "two dogs", "relevant": ["a"]}``.
            switch: manual, or auto: as soon as nothing keeps it from being done.
            brought: of vectors that callers brought beside a stored input: ask, encode, carry or
                leave_out.
            without_input: of records without a stored input: ask, carry or leave_out.
            failures: of what the new encoder refuses: ask or leave_out.
            cores: share of the cores that encoding may use, above 0 up to 1.

        Raises:
            ReembedBlocked: a re-embedding of the collection is under way.
            InvalidArgument: the field is there already, the encoder cannot read its inputs, or an
                argument has no meaning; nothing was changed.
            EncoderNotFound, NotFound: there is no such encoder, or transform.
            StoreInUse: another process owns the store.
        """
        asked = () if queries is None else asked_queries(queries, self._store.settings)
        options = checked_options(
            gates=judging.parsed_gates(gates, _answerable(asked)),
            switch=switch,
            brought=brought,
            without_input=without_input,
            failures=failures,
            cores=cores,
        )
        self._store.claim()
        collection, live = self._live()
        with told("reading re-embeddings"), self._store.catalog.engine.connect() as connection:
            found = open_reembeddings(connection, collection)
        # Before an encoder is loaded.
        switching.require_free(collection, live.name, found)
        require_relevant(self._store.reader, live, asked)
        target = targets.checked_target(self._store, collection, live, encoder, transform)
        require_carriable(self._store, collection, live, target.space, options)
        self._store.reembeddings.letting_go.begin()
        step = self._take(
            lambda connection, present: switching.begin(
                connection, present, live, target, options, asked
            )
        )
        self._store.reembeddings.begin(step.row.id)
        return self.status()

    def status(self) -> ReembedStatus:
        """How the latest re-embedding of the field stands.

        Raises:
            NotFound: it never moved.
        """
        collection, row = self._last()
        return standing(self._store, collection, row)

    def watch(self, every: float = 1.0) -> Iterator[ReembedStatus]:
        """How it stands, again and again, until it needs somebody or is over.

        Where nobody works on it, the first status is the last, and says so.

        Args:
            every: seconds between two of them.

        Raises:
            NotFound: the field never moved.
        """
        pause = checked_seconds(every)
        wait = threading.Event()
        while True:
            status = self.status()
            if not status.running:
                # Its last step may have fallen between two of the things that were read.
                status = self.status()
            yield status
            if not status.running:
                return
            wait.wait(pause)

    def pause(self) -> ReembedStatus:
        """Stop filling after the batch under way; writes go on reaching both spaces.

        Raises:
            ReembedBlocked: it is not filling.
        """
        row = self._open()
        if row.state is ReembedState.FILLING:
            self._store.reembeddings.stop(row.id, _STOP_SECONDS)
        self._take(lambda connection, present: switching.pause(connection, present, self._field))
        return self.status()

    def resume(
        self,
        *,
        brought: str | None = None,
        without_input: str | None = None,
        failures: str | None = None,
        cores: float | None = None,
        retry_failures: bool = False,
        judge_again: bool = False,
        gates: Sequence[str] | None = None,
    ) -> ReembedStatus:
        """Go on in the background, with other decisions where these are given.

        Args:
            brought, without_input, failures, cores, gates: as for :meth:`start`; as they were
                where left out.
            retry_failures: encode again what was refused.
            judge_again: judge again what was judged.

        Raises:
            ReembedBlocked: it has been switched, or nothing is being re-embedded.
            InvalidArgument: an argument has no meaning; nothing was changed.
        """
        row = self._open()
        changes: dict[str, Any] = {}
        if gates is not None:
            changes["gates"] = judging.parsed_gates(gates, _answerable(row.queries))
        given = {"brought": brought, "without_input": without_input, "failures": failures}
        for name, value in given.items():
            if value is not None:
                changes[name] = decision(name, value)
        if cores is not None:
            changes["cores"] = checked_cores(cores)
        if Decision.CARRY in changes.values():
            options = replace(row.options, **changes)
            require_carriable(self._store, *self._live(), row.target, options)
        keeper = self._store.reembeddings
        if keeper.goes_on(row.id) and not (changes or retry_failures or judge_again):
            return self.status()
        self._store.claim()
        keeper.stop(row.id)
        step = self._take(
            lambda connection, present: switching.resume(
                connection,
                present,
                self._field,
                changes,
                retry_failures=retry_failures,
                judge_again=judge_again,
            )
        )
        keeper.letting_go.begin()
        keeper.begin(step.row.id)
        return self.status()

    def switch(self, *, leave_out_failures: bool = False) -> ReembedStatus:
        """Let the new space be live, at one moment; every call sees it from then on.

        The old one is kept up to date, and :meth:`rollback` goes back to it.

        Args:
            leave_out_failures: let records that the new encoder refused have no vector; on record.

        Raises:
            ReembedBlocked: something keeps it from being done; the message says all of it.
        """
        self._open()
        self._take(
            lambda connection, present: switching.switch(
                connection, present, self._field, leave_out_failures=leave_out_failures
            )
        )
        return self.status()

    def rollback(self, *, leave_out: bool = False) -> ReembedStatus:
        """Let the old space be live again, at one moment; the new one is kept up to date.

        It can be switched to again then, gone on with, or cancelled.

        Args:
            leave_out: let records that are in the new space alone have no vector.

        Raises:
            ReembedBlocked: nothing has been switched, or there are such records.
        """
        self._open()
        self._take(
            lambda connection, present: switching.roll_back(
                connection, present, self._field, leave_out=leave_out
            )
        )
        return self.status()

    def finish(self, *, wait: bool = True) -> ReembedStatus:
        """Let the old space go for good, and give its room on the disk back.

        Records that were left out keep payload and stored input; the next re-embedding moves them.

        Args:
            wait: until the room has been given back; it is done in the background otherwise, and
                at the next start where the store is closed before.

        Raises:
            ReembedBlocked: nothing has been switched.
        """
        self._open()
        return self._let_go(switching.finish, wait)

    def cancel(self, *, wait: bool = True) -> ReembedStatus:
        """Let the new space go; the collection is as if it had never been begun.

        Args:
            wait: as for :meth:`finish`.

        Raises:
            ReembedBlocked: it has been switched; roll it back first.
        """
        row = self._open()
        if row.state is ReembedState.FILLING:
            self._store.reembeddings.stop(row.id, _STOP_SECONDS)
        return self._let_go(switching.cancel, wait)

    def failures(self) -> builtins.list[ReembedFailure]:
        """Records that the new encoder refused, and why, by id; also those that were left out then.

        Once it is switched, those that the old encoder has refused since are among them.
        """
        found, following = self.page_of_failures()
        while following:
            page, following = self.page_of_failures(page_token=following)
            found += page
        return found

    def page_of_failures(
        self, *, page_size: int = MAX_PAGE, page_token: str = ""
    ) -> tuple[builtins.list[ReembedFailure], str]:
        """One page of :meth:`failures`, and the token of the next one; empty on the last.

        Args:
            page_size: 1 to 1000.
            page_token: of the page before.

        Raises:
            InvalidArgument: a page size out of range, or a token of another listing.
            NotFound: the field never moved.
        """
        return page_of_refused(self._store, *self._last(), page_size, page_token)

    def _let_go(
        self, step: Callable[[Connection, CollectionRow, str], switching.Step], wait: bool
    ) -> ReembedStatus:
        self._take(lambda connection, present: step(connection, present, self._field))
        self._store.reembeddings.letting_go.begin()
        if wait:
            self._store.reembeddings.letting_go.wait()
        return self.status()

    def _take(self, run: Callable[[Connection, CollectionRow], switching.Step]) -> switching.Step:
        return switching.take(self._store, self._collection, run)

    def _live(self) -> tuple[CollectionRow, FieldRow]:
        collection = self._store.row(self._collection)
        live = collection.field(self._field) if isinstance(self._field, str) else None
        if live is None:
            there = ", ".join(one.name for one in collection.fields)
            raise InvalidArgument(
                f"the collection {collection.name!r} has no vector field "
                f"{shorten(self._field)}; it has: "
                f"{there}",
                field="field",
            )
        return collection, live

    def _last(self) -> tuple[CollectionRow, ReembedRow]:
        collection, _ = self._live()
        row = self._store.reembeddings.records.last(collection, self._field)
        if row is None:
            raise NotFound(
                f"the field {self._field!r} of {collection.name!r} was never re-embedded; plan it "
                f"first: vecstore reembed plan {collection.name} --to MODEL@VERSION",
                collection=collection.name,
            )
        return collection, row

    def _open(self) -> ReembedRow:
        """The one that is not over.

        Raises:
            ReembedBlocked: it is over.
            NotFound: there never was one.
        """
        collection, row = self._last()
        if row.state.over:
            raise ReembedBlocked(
                f"the re-embedding of {collection.name}/{row.field} to {row.target.name} was "
                f"{row.state} at {row.ended_at}; start another one: vecstore reembed start "
                f"{collection.name} --to MODEL@VERSION",
                collection=collection.name,
                state=row.state,
            )
        return row


def _answerable(queries: Sequence[ReembedQuery]) -> bool:
    """Whether any query says what it should find."""
    return any(one.relevant for one in queries)
