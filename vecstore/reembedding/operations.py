"""The long work of a store as operations, whatever it is about: listed, asked for, cancelled."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vecstore.errors import NotFound, ReembedBlocked
from vecstore.inputs import shorten
from vecstore.operations import Operation
from vecstore.paging import MAX_PAGE, after_number, check_size, listing, token
from vecstore.reembedding.asking import checked_seconds
from vecstore.reembeddings import Doing, ReembedState, ReembedStatus

if TYPE_CHECKING:
    from vecstore.reembedding.keeper import Reembeddings

_MINUTE, _HOUR = 60, 3600
# Ids are numbers, of no more digits than the database can hold.
_DIGITS = 18


class Operating(ABC):
    """The part of a store that tells of its long work."""

    reembeddings: Reembeddings

    @abstractmethod
    def _require_open(self) -> None: ...

    def list_operations(self, include_done: bool = False) -> list[Operation]:
        """Work that goes on beyond the call that began it, the latest last.

        Args:
            include_done: those that are over as well.
        """
        found, following = self.page_of_operations(include_done)
        while following:
            page, following = self.page_of_operations(include_done, page_token=following)
            found += page
        return found

    def page_of_operations(
        self, include_done: bool = False, *, page_size: int = MAX_PAGE, page_token: str = ""
    ) -> tuple[list[Operation], str]:
        """One page of :meth:`list_operations`, and the token of the next one; empty on the last.

        Args:
            include_done: those that are over as well.
            page_size: 1 to 1000.
            page_token: of the page before.

        Raises:
            InvalidArgument: a page size out of range, or a token of another listing.
        """
        self._require_open()
        check_size(page_size)
        made_for = listing("operations", bool(include_done))
        last = after_number(page_token, made_for) or 0
        ids = self.reembeddings.records.ids(last, page_size + 1, over=include_done)
        page = ids[:page_size]
        found = [described(one) for one in map(self._status_or_none, page) if one is not None]
        return found, token(str(page[-1]), made_for) if len(ids) > len(page) else ""

    def operation(self, id: str) -> Operation:
        """One of them.

        Raises:
            NotFound: there is none of this id.
        """
        return self.look_at_operation(id)[0]

    def cancel_operation(self, id: str) -> Operation:
        """Cancel one; the collection is as if it had never been begun.

        Raises:
            NotFound: there is none of this id.
            ReembedBlocked: it is over, or was switched; roll it back first.
        """
        return self.stop_operation(id, wait=True)

    def watch_operation(self, id: str, every: float = 1.0) -> Iterator[Operation]:
        """How one stands, and again whenever it has gone on, until it needs somebody or is over.

        Args:
            every: seconds between two looks at it.

        Raises:
            NotFound: there is none of this id.
        """
        pause = checked_seconds(every)
        wait = threading.Event()
        before = None
        while True:
            operation, running = self.look_at_operation(id)
            if operation != before:
                yield operation
            if not running:
                return
            before = operation
            wait.wait(pause)

    def look_at_operation(self, id: str) -> tuple[Operation, bool]:
        """How one stands, and whether it goes on without anybody.

        Raises:
            NotFound: there is none of this id.
        """
        self._require_open()
        number = _number(id)
        status = self.reembeddings.status(number)
        if not status.running:
            # Its last step may have fallen between two of the things that were read.
            status = self.reembeddings.status(number)
        return described(status), status.running

    def stop_operation(self, id: str, *, wait: bool) -> Operation:
        """See :meth:`cancel_operation`.

        Args:
            wait: until the room that it took has been given back.
        """
        self._require_open()
        status = self.reembeddings.status(_number(id))
        if status.state.over:
            raise ReembedBlocked(
                f"the operation {id} was {status.state} at {status.ended_at}; there is nothing to "
                "cancel",
                operation=id,
                state=status.state,
            )
        moving = self.reembeddings.of(status.collection, status.field)
        return described(moving.cancel(wait=wait))

    def _status_or_none(self, id_: int) -> ReembedStatus | None:
        """None where its collection is gone."""
        try:
            return self.reembeddings.status(id_)
        except NotFound:
            return None


def described(status: ReembedStatus) -> Operation:
    """A re-embedding as an operation."""
    return Operation(
        id=status.id,
        kind="reembed",
        subject=f"{status.collection}/{status.field}",
        state=status.state,
        done=status.state.over,
        progress=0.0 if _uncounted(status) else status.share,
        message=_message(status),
        error=status.error,
        created_at=status.created_at,
        ended_at=status.ended_at,
    )


def _message(status: ReembedStatus) -> str:
    parts = [f"{status.source.name} to {status.target.name}"]
    counts = status.counts
    if not (status.state.over or status.state is ReembedState.SWITCHED or _uncounted(status)):
        parts.append(f"{counts.total - counts.pending:,} of {counts.total:,} records")
    if status.doing is Doing.JUDGING:
        parts.append("being judged")
    else:
        parts.extend(_pace(status))
    return ", ".join(parts) + "".join(f"; {one.rstrip('.')}" for one in status.blocked)


def _uncounted(status: ReembedStatus) -> bool:
    """Whether it has only just begun."""
    return status.state is ReembedState.FILLING and not status.counts.total


def _pace(status: ReembedStatus) -> Iterator[str]:
    if status.records_per_second is not None:
        yield f"{status.records_per_second:,.0f}/s"
    if status.seconds_left is not None:
        yield f"{_duration(status.seconds_left)} left"


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def _number(id_: object) -> int:
    if not (isinstance(id_, str) and id_.isascii() and id_.isdigit() and len(id_) <= _DIGITS):
        raise NotFound(
            f"there is no operation {shorten(id_)}; vecstore operations list shows those there are",
            operation=str(shorten(id_)),
        )
    return int(id_)
