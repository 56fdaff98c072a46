"""Feed records to a collection, batch by batch, and stop at the first that is bad.

Everything before it is stored when it is reported, so that a run can be repeated after mending it:
upserts are idempotent, and unchanged inputs are not encoded again. Passing over what is bad is
done by :mod:`vecstore.cli.skipping`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from vecstore.cli.feeds import Bad, Feed, Good, Item
from vecstore.errors import InvalidArgument, SpaceMismatch, SpaceUnknown, VecstoreError

if TYPE_CHECKING:
    from vecstore.client import RemoteCollection
    from vecstore.collection import Collection
    from vecstore.records import ItemResult, Record

# Well under the largest message that a server takes.
MAX_BATCH_BYTES = 8 * 1024 * 1024

Batch = list[Good]
# (records stored, how much of the whole is done)
OnProgress = Callable[[int, int], None]


def batches(
    items: Iterator[Item], size: int, on_bad: Callable[[VecstoreError], None]
) -> Iterator[Batch]:
    """Records sent together.

    Args:
        items: of a feed.
        size: records of one batch; it ends also where it has many bytes.
        on_bad: given the error of each bad item; what it raises ends the batches.

    Raises:
        VecstoreError: what ends the items; what came before it has been given out.
    """
    batch: Batch = []
    taken = 0
    ended: VecstoreError | None = None
    try:
        for item in items:
            if isinstance(item, Bad):
                on_bad(item.error)
                continue
            batch.append(item)
            taken += item.size
            if len(batch) >= size or taken >= MAX_BATCH_BYTES:
                yield batch
                batch, taken = [], 0
    except VecstoreError as error:
        ended = error
    if batch:
        yield batch
    if ended is not None:
        raise ended


def add_all(
    collection: Collection | RemoteCollection, feed: Feed, size: int, on_progress: OnProgress
) -> int:
    """Upsert whatever a feed gives, several batches ahead of the answers.

    Args:
        collection: where it goes.
        feed: where it comes from.
        size: records of one batch.
        on_progress: called whenever a batch is stored.

    Returns:
        How many records were stored.

    Raises:
        VecstoreError: the first record that could not be stored, named by its place; those before
            it are stored, and ``details["stored"]`` says how many they were.
    """
    sending = _Sending(batches(feed(False), size, _raised))
    stored = 0
    failure: VecstoreError | None = None
    try:
        for results in collection.upsert_stream(sending.records()):
            batch = sending.sent.popleft()
            if failure is not None:
                continue  # under way already when the bad record was met
            culprit = first_culprit(results)
            if culprit is None:
                stored += len(batch)
                on_progress(stored, batch[-1].place.done)
            else:
                sending.stopped = True
                done, failure = _up_to(collection, batch, culprit)
                stored += done
    except VecstoreError as error:
        failure = failure or sending.lost(error)
    failure = failure or sending.error
    if failure is not None:
        raise with_count(failure, stored, _remedy(failure))
    return stored


@dataclass(slots=True)
class _Sending:
    """The batches under way.

    Attributes:
        sent: given out and not yet answered, oldest first.
        error: what ended them.
        stopped: set to end them early.
    """

    waiting: Iterator[Batch]
    sent: deque[Batch] = field(default_factory=deque)
    error: VecstoreError | None = None
    stopped: bool = False

    def records(self) -> Iterator[Sequence[Record]]:
        """The records of each batch. Nothing is raised where the stream takes them."""
        try:
            for batch in self.waiting:
                self.sent.append(batch)
                yield [item.record for item in batch]
                if self.stopped:
                    return
        except VecstoreError as error:
            self.error = error

    def lost(self, error: VecstoreError) -> VecstoreError:
        """An error of the whole stream; the first batch without an answer says how far it got."""
        return self.sent[0][0].place.blamed(error) if self.sent else error


def first_culprit(results: Sequence[ItemResult]) -> tuple[int, VecstoreError] | None:
    """The first item that is itself to blame, and its error; None where the batch is stored."""
    failed = [(position, item.error) for position, item in enumerate(results) if item.error]
    to_blame = [pair for pair in failed if not _only_a_neighbour(pair[1])] or failed
    if not to_blame:
        return None
    position, error = to_blame[0]
    return position, error if isinstance(error, VecstoreError) else VecstoreError(str(error))


def blamed(item: Good, error: VecstoreError) -> VecstoreError:
    """The error of a record as people know it: by its place."""
    return item.place.blamed(error, item.record)


def with_count(error: VecstoreError, stored: int, remedy: str = "") -> VecstoreError:
    """The error that ends a run, saying what came of the run, and what would help."""
    details: dict[str, object] = {**error.details, "stored": stored}
    said = f"{stored:,} records before it are stored"
    if stored:
        said += "; the same command stores the rest, and encodes nothing twice"
    if remedy:
        said += f"; {remedy}"
    return type(error)(f"{error.message} ({said})", **details)


def _remedy(error: VecstoreError) -> str:
    of_a_record = isinstance(error, InvalidArgument | SpaceMismatch | SpaceUnknown)
    # Where the encoder does not read such inputs at all, the next one would fare no better.
    passed_over = of_a_record and "reads" not in error.details
    return "--on-error skip passes over what is bad" if passed_over else ""


def _raised(error: VecstoreError) -> NoReturn:
    raise error


def _only_a_neighbour(error: Exception) -> bool:
    return isinstance(error, VecstoreError) and "aborted" in error.details


def _up_to(
    collection: Collection | RemoteCollection, batch: Batch, culprit: tuple[int, VecstoreError]
) -> tuple[int, VecstoreError]:
    """Store the records of a refused batch that come before the first bad one.

    A batch is checked before it is encoded, so the one found first need not come first.

    Returns:
        How many were stored, and the error of the first bad one.
    """
    found: tuple[int, VecstoreError] | None = culprit
    part, failure = batch, culprit[1]
    while found is not None:
        failure = blamed(part[found[0]], found[1])
        part = part[: found[0]]
        found = first_culprit(upserted(collection, part)) if part else None
    return len(part), failure


def upserted(collection: Collection | RemoteCollection, batch: Batch) -> Sequence[ItemResult]:
    """The results of one batch; a stream of one, since a stream may take its time."""
    return next(iter(collection.upsert_stream([[item.record for item in batch]])))
