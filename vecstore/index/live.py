"""The index of one vector field while its store is open.

SQL is the truth. What was committed is handed to :meth:`LiveIndex.applied_write` before it is
acknowledged, and is found from then on: first by an exact scan of the tail, later through the graph
that a background thread builds. A hit counts only while its label is live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from vecstore.config import Settings
from vecstore.errors import InternalError
from vecstore.index.batching import BatchSearcher, Columns
from vecstore.index.by_filter import ByFilter
from vecstore.index.columns import Fetch, Labels, Rows
from vecstore.index.exact import Distances, check_query
from vecstore.index.filtering import FilteredSearcher
from vecstore.index.keeper import Keeper
from vecstore.index.manifest import Owner
from vecstore.index.nodes import NONE
from vecstore.index.opening import fill_tail, load
from vecstore.index.payloads.declared import Declared
from vecstore.index.prepare import prepare, prepare_query
from vecstore.index.scanning import Scanner
from vecstore.index.searching import Found
from vecstore.index.snapshot import Snapshots
from vecstore.index.state import State
from vecstore.index.waiting import Waiting
from vecstore.payload_indexes import PayloadIndex
from vecstore.spaces import FloatArray, Metric, Space
from vecstore.specs import IndexSpec


class LiveIndex(Waiting, ByFilter):
    """Finds near neighbours among the live vectors of one field.

    One thread writes (:meth:`open`, :meth:`applied_write`, :meth:`close`, :meth:`discard`); any
    number search.

    Args:
        spec: the backend.
        space: where the vectors live.
        metric: how distance is measured.
        folder: for this index's snapshots alone.
        settings: tuning.
        store_id, field_key: whose index it is; a snapshot of another is not loaded.
        on_error: called once, from the background thread, if its work stops. Searches stay right
            from then on, but look at every vector.
    """

    def __init__(
        self,
        spec: IndexSpec,
        space: Space,
        metric: Metric,
        folder: Path,
        settings: Settings,
        *,
        store_id: str,
        field_key: str,
        on_error: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._snapshots = Snapshots(folder, Owner(store_id, field_key, space, metric, spec))
        self._state = State(spec, space.dim, metric)
        self._searcher = BatchSearcher(self._state, settings.threads)
        self._scanner = Scanner(self._state)
        self._declared = Declared(self._state)
        self._filtered = FilteredSearcher(
            self._state, settings.hnsw_ef, settings.filter_cache_bytes
        )
        self._keeper = Keeper(
            self._state, self._snapshots, settings, on_error, f"vecstore-index-{field_key}"
        )
        self._last = NONE
        self._restored = False

    def open(self, rows: Rows | Callable[[], Rows], fetch: Fetch) -> None:
        """Begin: with the snapshot where it is beyond doubt, and from SQL where it is not.

        Does not wait for the graph: what the snapshot lacks stands in the tail, whatever its size,
        and is searched there until the background work has taken it in.

        Args:
            rows: what is live; a callable is called while the snapshot's digests are computed.
            fetch: reads vectors by label; used before this returns, and not after.
        """
        rows, loaded = load(self._snapshots, rows)
        state = self._state
        state.ids = dict(zip(rows.labels.tolist(), rows.ids, strict=True))
        self._restored = loaded is not None
        if loaded is not None:
            outside = fetch(loaded.outside) if len(loaded.outside) else np.empty((0, state.dim))
            state.graph.restore(loaded, prepare(outside.astype(np.float32), state.metric))
            self._keeper.checker.checked = loaded.progress.checked
            self._keeper.checker.checked_count = loaded.progress.checked_count
        keys = rows.labels[:0] if loaded is None else loaded.keys
        first = [*keys[:1].tolist(), *rows.labels[:1].tolist()]
        state.names.begin(min(first, default=NONE), rows.labels, rows.ids)
        state.changes = fill_tail(state, rows, fetch)
        self._last = max(state.graph.applied, int(rows.labels[-1]) if len(rows.labels) else NONE)
        self._keeper.start()

    def applied_write(
        self,
        removed: Sequence[int],
        labels: Sequence[int],
        ids: Sequence[str],
        crcs: Sequence[int],
        values: FloatArray,
        payloads: Mapping[int, str] | None = None,
    ) -> None:
        """Follow a commit: all of it for every search that begins after this, or none before.

        Args:
            removed: labels that died.
            labels: new labels, ascending, greater than any before.
            ids: their records' ids.
            crcs: crc32 of the bytes of their vectors.
            values: shape (len(labels), dim), float32, as SQL has them.
            payloads: JSON text of the payload for every new label, and for every other whose
                payload was written.

        Raises:
            InternalError: labels that are not new. The index goes on by exact search, and is built
                anew at the next start.
        """
        state = self._state
        new = np.array(labels, np.int64)
        prepared = prepare(values, state.metric) if len(new) else values
        checks = np.array(crcs, np.uint32)
        if len(new) and (new[0] <= self._last or (np.diff(new) <= 0).any()):
            raise self._labels_used_twice(int(new[0]))
        follow = self._declared.parsed(removed, labels, payloads or {})
        try:
            with state.lock.writing():
                self._die(removed)
                # What may run out of memory comes before what makes the vectors live.
                state.tail.append(new, checks, prepared)
                state.names.put(new, ids)
                state.ids.update(zip(new.tolist(), ids, strict=True))
                state.touch(len(removed) + len(new))
                state.version += 1
                follow.apply()
            if len(new):
                self._last = int(new[-1])
            follow.tidy()
        finally:
            self._keeper.wake()

    def search(
        self,
        values: FloatArray,
        k: int,
        *,
        allowed: Labels | None = None,
        strict: bool = False,
    ) -> Found:
        """The nearest live vectors.

        Args:
            values: one vector of shape (dim,), float32.
            k: how many; all of them come back while so many are live (and allowed).
            allowed: labels to choose from, in any order; the answer is exact then.
            strict: every one of ``allowed`` must be live; each stands there once.

        Returns:
            (distance, record id, label), nearest first, ties by id. Distances are 1 - cosine,
            1 - inner product, or squared l2.

        Raises:
            InvalidVector: shape, dtype or finiteness.
            InvalidArgument: ``k`` below 1.
            Outdated: ``strict``, and a label is not live.
            StorageError: the index is broken; the database is not.
        """
        return self._searcher.search(values, k, allowed, strict=strict)

    def declare(
        self,
        indexes: Sequence[PayloadIndex],
        rows: Callable[[], Iterable[tuple[int, str]]],
        between_commits: Callable[[Callable[[], None]], object],
    ) -> None:
        """Answer filters on these keys from memory, as soon as their payloads have been read.

        That begins when a filter first asks about one of them.

        Args:
            indexes: all that are declared; those of type text are passed over.
            rows: reads every live label with its payload as JSON text, all of one moment. Called
                in a thread of its own.
            between_commits: calls what it is given in the thread that writes, while the database
                and this index say the same.
        """
        self._declared.declare(indexes, rows, between_commits)

    def wait_until_declared(self, timeout: float) -> bool:
        """Have the payloads of declared keys read now, and wait until they are in use.

        Args:
            timeout: seconds.

        Returns:
            False where it took longer, or went wrong; the log says how.
        """
        return self._declared.ready(timeout)

    @property
    def version(self) -> int:
        """A number that grows with every commit."""
        return self._state.version

    def search_many(self, values: FloatArray, k: int) -> Iterator[Columns | list[Found]]:
        """The nearest live vectors of many queries, on several cores; see :meth:`search`.

        Args:
            values: shape (n, dim), float32.
            k: how many for each.

        Yields:
            The answers to some queries, in their order.
        """
        return self._searcher.search_many(values, k)

    def distances(self, values: FloatArray) -> tuple[Labels, Distances]:
        """How far every live vector lies from a query; see :meth:`search`.

        Args:
            values: shape (dim,), float32.

        Returns:
            Labels and distances (float64), each of shape (n,), in no order.
        """
        query, _ = prepare_query(values, self._state.metric)
        check_query(query, self._state.dim, 1)
        return self._scanner.distances(query)

    def vectors(self, labels: Labels) -> FloatArray:
        """Vectors of live labels as the index holds them: of length 1 under cosine.

        Returns:
            Shape (len(labels), dim), float32, in the labels' order.

        Raises:
            NotFound: a label is not live.
        """
        return self._scanner.vectors(labels)

    def labels(self) -> Labels:
        """Every live label, ascending."""
        return self._scanner.labels()

    @property
    def turnover(self) -> int:
        """How many labels have come or gone since it was opened."""
        return self._state.turnover

    @property
    def restored(self) -> bool:
        """Whether it began with a snapshot from disk."""
        return self._restored

    @property
    def count(self) -> int:
        """Live vectors."""
        return len(self._state.ids)

    @property
    def indexed(self) -> int:
        """Live vectors that have left the tail; the rest is searched one by one."""
        state = self._state
        with state.lock.reading():
            waiting = (label for piece in state.tail.view() for label in piece.labels.tolist())
            return len(state.ids) - sum(map(state.present, waiting))

    def snapshot(self) -> None:
        """Write the index to disk now.

        Raises:
            StorageError: it could not be written; the older snapshot is still there.
        """
        self._keeper.snapshot()

    def close(self) -> None:
        """Stop the background work, and write what has changed. The tail is in SQL already."""
        self._declared.close()
        self._keeper.stop(save=True)

    def discard(self) -> None:
        """Stop, and remove the index from disk: its field is gone."""
        self._declared.close()
        self._keeper.stop(save=False)
        self._snapshots.discard()

    def _die(self, labels: Sequence[int]) -> None:
        state = self._state
        for label in labels:
            if state.ids.pop(label, None) is None:
                continue
            state.names.drop(label)
            if label <= state.graph.applied:
                state.graph.release(label)

    def _labels_used_twice(self, label: int) -> InternalError:
        # An older copy of the database under a newer snapshot does this.
        error = InternalError(
            f"label {label} is not beyond {self._last}, the last one of this index; was the "
            "database replaced by an older copy? What was written is safe; close the store and "
            "open it again, and the index is built anew",
            label=label,
        )
        self._declared.give_up(error)
        if self._state.failure is None:
            self._keeper.stop(save=False)
            self._snapshots.discard()
            self._keeper.fail(error)
        return error
