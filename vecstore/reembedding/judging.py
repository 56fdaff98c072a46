"""Both spaces of a field judged beside each other, before the new one is switched to."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from vecstore.errors import StorageError, StoreClosed, StoreInUse, VecstoreError
from vecstore.evaluations import Figure
from vecstore.hits import Hit
from vecstore.instants import now
from vecstore.reembedding.carrying import carried_over
from vecstore.reembedding.gates import gates_blocking, parsed_gate, parsed_gates, verdicts
from vecstore.reembedding.pace import Pace, step_aside
from vecstore.reembedding.recorded import Pair, judging_commands, recorded_figures
from vecstore.reembedding.retrieving import answerable, found_by
from vecstore.reembedding.sides import Side
from vecstore.reembeddings import Bounds, ReembedQuery, ReembedReport, SideBySide
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.reembeddings import ReembedRow

if TYPE_CHECKING:
    from vecstore.store import Store

__all__ = ["gates_blocking", "judge", "parsed_gates"]

NEIGHBOURS = 10
# The first relevant record is looked for among so many.
DEPTH = 100
# Records whose neighbours are compared.
_SAMPLE = 200
_EXAMPLES, _SHOWN, _SHOWN_TEXT = 5, 5, 200
_SEED = 0
_OF_THE_STORE = (StorageError, StoreClosed, StoreInUse)


def judge(store: Store, row: ReembedRow, stop: threading.Event | None = None) -> ReembedReport:
    """Judge both spaces of a re-embedding.

    Retrieval figures are those of :func:`vecstore.evaluation.retrieval.retrieve`, over the answers
    that users of either space get; ``retrieval.mrr`` looks at the first 100. All other figures are
    those of evaluations on record, see :func:`vecstore.reembedding.recorded.recorded_figures`.

    Args:
        store: owned by this process.
        row: the re-embedding, filled.
        stop: set where nobody waits for the report any more; what is given back is worth nothing.

    Returns:
        What was found; empty where the collection is gone. Where the live space's encoder cannot
        be used any more, its side is left out, and the notes say why.

    Raises:
        VecstoreError: the new space's encoder cannot be used, or the store.
    """
    sides = _sides(store, row)
    if sides is None:
        return ReembedReport(created_at=now())
    judged = _Judging(store, row, *sides, stop or threading.Event())
    judged.compare_retrieval()
    judged.compare_records()
    judged.compare_neighbours()
    judged.compare_carried()
    judged.show_answers()
    return judged.report()


def _sides(store: Store, row: ReembedRow) -> tuple[CollectionRow, Side, Side] | None:
    for collection in store.catalog.collections():
        rows = {one.id: one for one in collection.all_fields}
        if row.source_id in rows and row.target_id in rows:
            live, new = rows[row.source_id], rows[row.target_id]
            return collection, Side(store, collection, live), Side(store, collection, new)
    return None


@dataclass(slots=True)
class _Judging:
    """One judging under way.

    Args:
        store, row: as for :func:`judge`.
        collection: whose field it is.
        live, new: the two sides.
        stop: set where it is to end early.
        figures: what was found, by name.
        differences: by figure, the mean of what the new space's is larger by.
        broken: what keeps the live space's encoder from being used; empty for nothing.
        notes: for people.
        overlap: shared neighbours.
        examples: answers side by side.
    """

    store: Store
    row: ReembedRow
    collection: CollectionRow
    live: Side
    new: Side
    stop: threading.Event
    figures: dict[str, Pair] = field(default_factory=dict)
    differences: dict[str, Figure] = field(default_factory=dict)
    broken: str = ""
    notes: list[str] = field(default_factory=list)
    overlap: float | None = None
    examples: list[SideBySide] = field(default_factory=list)

    def compare_retrieval(self) -> None:
        """What the user's queries find on both sides, where they say what they should find."""
        queries = self._answerable()
        if not queries:
            return
        texts = [one.text for one in queries]
        theirs = self._answers(self.new, texts, DEPTH)
        ours = self._answers_of_live(texts, DEPTH)
        self.figures, self.differences = found_by(queries, ours, theirs)

    def compare_records(self) -> None:
        """What evaluations on record say of both."""
        known = self.store.evaluations
        spaces = (self.live.row.space, self.new.row.space)
        releases = dict.fromkeys((one.model, one.version) for one in spaces)
        evaluations = [one for release in releases for one in known.of(*release)]
        found = recorded_figures(sorted(evaluations, key=lambda one: one.id), *spaces)
        # What the user's own queries found says more of this collection.
        own = any(one.relevant for one in self.row.queries)
        for name, pair in found.items():
            if not (own and name.startswith("retrieval.")):
                self.figures[name] = pair

    def compare_neighbours(self) -> None:
        """How many of their nearest neighbours records share, in a sample of those in both."""
        if self.stop.is_set():
            return
        drawn = self.store.reader.sample(self.collection, None, 2 * _SAMPLE, _SEED)
        both = self.live.held(drawn) & self.new.held(drawn)
        ids = [one for one in drawn if one in both][:_SAMPLE]
        ours, theirs = (side.neighbours(ids, NEIGHBOURS) for side in (self.live, self.new))
        shared = [
            len(ours[one] & theirs[one]) / NEIGHBOURS
            for one in ids
            if len(ours.get(one, ())) == len(theirs.get(one, ())) == NEIGHBOURS
        ]
        if shared:
            self.overlap = float(np.mean(shared))

    def compare_carried(self) -> None:
        """What the map is worth by which vectors were carried over."""
        if self.stop.is_set():
            return
        rows = self.live.row, self.new.row
        count, fitted = carried_over(self.store, self.collection, *rows)
        if not count:
            return
        vectors = "1 vector was" if count == 1 else f"{count:,} vectors were"
        by = "by a map that cannot be judged any more" if fitted is None else f"{fitted}"
        self.notes.append(f"{vectors} carried over from {rows[0].space.name}: {by}")
        if fitted is not None:
            self.figures["carried.recall@1"] = None, fitted.recall
            self.figures["carried.overlap"] = None, fitted.overlap

    def show_answers(self) -> None:
        """The first answers of both sides to some queries."""
        texts = [one.text for one in self.row.queries[:_EXAMPLES]] or self._stored_texts()
        if not texts or self.stop.is_set():
            return
        theirs = self._answers(self.new, texts, _SHOWN)
        ours = self._answers_of_live(texts, _SHOWN) or [[] for _ in texts]
        for text, left, right in zip(texts, ours, theirs, strict=True):
            self.examples.append(SideBySide(_cut(text), _shown(left), _shown(right)))

    def report(self) -> ReembedReport:
        """All of it."""
        if self.broken:
            self.notes.insert(0, f"the live space could not be asked: {self.broken}")
        report = ReembedReport(
            figures={
                name: (_value(live), _value(new)) for name, (live, new) in self.figures.items()
            },
            overlap=self.overlap,
            examples=tuple(self.examples),
            created_at=now(),
            intervals={
                name: (_bounds(live), _bounds(new))
                for name, (live, new) in self.figures.items()
                if _bounds(live) or _bounds(new)
            },
            differences={
                name: (one.value, one.low, one.high)
                for name, one in self.differences.items()
                if one.low is not None and one.high is not None
            },
            notes=tuple(self.notes),
        )
        missing = {
            name: self._missing(name)
            for name in (parsed_gate(text).figure for text in self.row.options.gates)
        }
        held = tuple(verdicts(self.row.options.gates, report, missing))
        return replace(report, verdicts=held)

    def _answerable(self) -> list[ReembedQuery]:
        """The user's queries that have an answer, without records that are gone by now."""
        asked = [one for one in self.row.queries if one.relevant]
        wanted = list({name: None for one in asked for name in one.relevant})
        left = answerable(asked, self.live.held(wanted) | self.new.held(wanted))
        if len(left) < len(asked):
            self.notes.append(
                f"{len(asked) - len(left):,} of {len(asked):,} queries were left out: all records "
                "that answer them were deleted since"
            )
        return left

    def _answers(self, side: Side, texts: Sequence[str], k: int) -> list[list[Hit]]:
        found: list[list[Hit]] = []
        pace = Pace(self.row.options.cores)
        # Here, since thread pools that a library then starts must not be as nice as the thread.
        side.load()
        with ThreadPoolExecutor(1, "vecstore-reembedding-judge", step_aside) as aside:
            while len(found) < len(texts):
                if self.stop.is_set():
                    return [[] for _ in texts]
                batch = texts[len(found) : len(found) + pace.size]
                pace.begin()
                began = time.perf_counter()
                found += aside.submit(side.answers, batch, k).result()
                pace.encoded(len(batch), time.perf_counter() - began)
                self.stop.wait(pace.rest())
        return found

    def _answers_of_live(self, texts: Sequence[str], k: int) -> list[list[Hit]] | None:
        """The same of the live space; None where its encoder is of no use any more, which may be
        why the space is left.
        """
        if self.broken:
            return None
        try:
            return self._answers(self.live, texts, k)
        except _OF_THE_STORE:
            raise
        except VecstoreError as error:
            self.broken = error.message
            return None

    def _stored_texts(self) -> list[str]:
        """Some stored texts, which stand in for queries."""
        ids = self.store.reader.sample(self.collection, None, 4 * _EXAMPLES, _SEED)
        records = self.store.reader.records(self.collection, ids, False)
        values = [records[one].field_values().get(self.row.field) for one in ids if one in records]
        texts = [one.text for one in values if one is not None and one.text]
        return [_cut(text) for text in texts[:_EXAMPLES]]

    def _missing(self, name: str) -> str:
        """Why a figure is not there on one side, and what provides it."""
        again = f"vecstore reembed resume {self.collection.name} --judge-again"
        if name.startswith("retrieval."):
            if self.broken:
                return f"there is no {name} of the live space: {self.broken}"
            return (
                f"there is no {name}, since all records that answer the queries were deleted; "
                "begin it anew with other queries"
            )
        return (
            f"there is no {name} on record of both spaces by the same data and seed; judge both "
            f"({judging_commands(self.live.row.space, self.new.row.space, name)}), and then again "
            f"({again})"
        )


def _shown(hits: Sequence[Hit]) -> tuple[tuple[str, float], ...]:
    return tuple((hit.id, hit.score) for hit in hits)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_TEXT else f"{text[: _SHOWN_TEXT - 1]}…"


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def _bounds(figure: Figure | None) -> Bounds | None:
    if figure is None or figure.low is None or figure.high is None:
        return None
    return figure.low, figure.high
