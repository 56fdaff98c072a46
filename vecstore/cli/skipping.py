"""Feed records to a collection, and pass over those that are bad."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vecstore.cli.ingest import (
    Batch,
    OnProgress,
    batches,
    blamed,
    first_culprit,
    upserted,
    with_count,
)
from vecstore.errors import InvalidInput, VecstoreError

if TYPE_CHECKING:
    from vecstore.cli.feeds import Feed
    from vecstore.client import RemoteCollection
    from vecstore.collection import Collection

KEPT = 10


@dataclass(slots=True)
class Skipped:
    """What was passed over: how many, and the errors of the first ten.

    Args:
        tell: called with each of these errors.
    """

    tell: Callable[[VecstoreError], None]
    count: int = 0
    first: list[VecstoreError] = field(default_factory=list)

    def add(self, error: VecstoreError) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < KEPT:
            self.first.append(error)
            self.tell(error)


def add_good(
    collection: Collection | RemoteCollection,
    feed: Feed,
    size: int,
    on_progress: OnProgress,
    skipped: Skipped,
) -> int:
    """Upsert what is good of a feed.

    One batch after the other, so that of two records with one id the later one stays, also where
    a batch must be sent again without what was bad in it.

    Args:
        collection, feed, size, on_progress: see :func:`vecstore.cli.ingest.add_all`.
        skipped: told what is passed over.

    Returns:
        How many records were stored.

    Raises:
        VecstoreError: what no record is to blame for, or what nothing can be read after.
        InvalidInput: nothing at all was good.
    """
    stored = 0
    try:
        for batch in batches(feed(True), size, skipped.add):
            stored += _add_batch(collection, batch, skipped)
            on_progress(stored, batch[-1].place.done)
    except VecstoreError as error:
        raise with_count(error, stored) from None
    if skipped.count and not stored:
        first = skipped.first[0]
        raise type(first)(
            f"none of {skipped.count:,} could be stored; the first: {first.message}",
            **first.details,
            stored=0,
        )
    return stored


def _add_batch(collection: Collection | RemoteCollection, batch: Batch, skipped: Skipped) -> int:
    """Store a batch without what is bad in it; a batch is all or nothing, so it is parted there."""
    stored = 0
    waiting = deque([batch])
    while waiting:
        part = waiting.popleft()
        culprit = first_culprit(upserted(collection, part))
        if culprit is None:
            stored += len(part)
            continue
        position, error = culprit
        blames = "position" in error.details
        if _of_all(error, named=blames):
            raise blamed(part[position], error)
        if blames or len(part) == 1:
            skipped.add(blamed(part[position], error))
            parts = part[:position], part[position + 1 :]
        else:
            # The encoder does not say which it is.
            parts = part[: len(part) // 2], part[len(part) // 2 :]
        waiting.extendleft(one for one in reversed(parts) if one)
    return stored


def _of_all(error: VecstoreError, *, named: bool) -> bool:
    """Whether an error is no single record's, so that the next one would fare no better."""
    if "reads" in error.details:
        return True
    return not named and type(error) is not InvalidInput
