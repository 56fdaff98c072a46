"""How one field of an open collection tells the unfamiliar, and keeps that up to date."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from vecstore.calibrations import Basis, Calibration, Unfamiliarity
from vecstore.errors import InvalidArgument
from vecstore.familiarity.gathering import Gathered
from vecstore.familiarity.measuring import Subject, basis_of, unfit
from vecstore.familiarity.requests import label_path
from vecstore.familiarity.scale import FEWEST, Scale
from vecstore.records import Payload
from vecstore.spaces import FloatArray
from vecstore.storage.calibrations import (
    USED,
    CalibrationRows,
    CalibrationSettings,
    class_at,
)
from vecstore.storage.writes import FieldChange

log = logging.getLogger(__name__)

# How long a first search waits for the distances, and after how long it makes do with some.
_FIRST_SECONDS = 1.0
_ENOUGH_SECONDS = 0.5
# New queries from use after which the distances are measured again.
_NEW_QUERIES = 100
# The share of the time that measuring may take.
_SHARE = 0.1

NOT_YET = "not calibrated yet: its distances are being measured"
FAILED = "not calibrated: its distances could not be measured; the log says why"
AT_FIRST_SEARCH = "its distances are measured at the first search"


class Stopped(Exception):  # noqa: N818 - a signal: the store is closing, or the field is gone
    """Ends a measuring that nobody waits for any more."""


class FieldFamiliarity:
    """Answers how strange queries are to one field. Safe to use from many threads.

    Args:
        subject: the field.
        rows: what is on record of it.
        request: called with this, and whether :meth:`measure` is to be called in the background;
            without that there are queries from use to put on record.
    """

    def __init__(
        self,
        subject: Subject,
        rows: CalibrationRows,
        request: Callable[[FieldFamiliarity, bool], None],
    ) -> None:
        self.subject = subject
        self.stopped = False
        self.changing = threading.Lock()
        """Held while something is put on record."""
        self.due = 0.0
        """When it may be measured again, on the monotonic clock."""
        self.saved = 0
        """How many queries had been taken from use when they were last put on record."""
        self.rewritten = 0
        """How many payloads have changed beside vectors that stayed, where they hold classes."""
        self._index = subject.index
        self._request = request
        self._gate = threading.Lock()
        self._arrived = threading.Event()
        self._generation = 0
        self._settled = self._asked = False
        self._patient = True
        self._scale = Scale(note=NOT_YET)
        self._begin(rows)

    def _begin(self, rows: CalibrationRows) -> None:
        self.rows = rows
        gathered = None
        if rows.settings.gathers:
            none = np.empty((0, self.subject.row.space.dim), np.float32)
            gathered = Gathered(rows.queries.get(USED, none))
            self.saved = gathered.taken
        self.gathered = gathered
        key = rows.settings.label_key
        self._path = None if key is None else label_path(key)

    # -- answering

    def judged(
        self, nearest: float, values: FloatArray, record: Payload | None = None
    ) -> Unfamiliarity:
        """How strange a query is.

        Args:
            nearest: distance of the nearest record, the query itself left out.
            values: the query, shape (dim,), float32.
            record: payload of the record of this field that the query is, if it is one.
        """
        scale = self._scale
        if self._outdated(scale):
            scale = self._renewed()
        gathered = self.gathered
        if gathered is not None and record is None:
            self._gather(gathered, values)
        if scale.yardstick is None:
            return scale.place(nearest)
        own = None if record is None or self._path is None else class_at(record, self._path)
        return scale.place(scale.yardstick.distance(values, own))

    def all_judged(
        self, nearest: Sequence[float], values: FloatArray
    ) -> Sequence[Unfamiliarity | Callable[[], Unfamiliarity]]:
        """How strange many queries are, or what tells it; see :meth:`judged`.

        Args:
            nearest: for each the distance of the nearest record.
            values: the queries, shape (len(nearest), dim), float32. They are no records.
        """
        scale = self._scale
        if scale.yardstick is None and self.gathered is None and not self._outdated(scale):
            # Places that nobody asks for are not looked up.
            return [partial(scale.place, one) for one in nearest]
        return list(map(self.judged, nearest, values))

    def _outdated(self, scale: Scale) -> bool:
        turnover = self._index.turnover + self.rewritten
        return not self._settled or turnover - scale.turnover > scale.leeway

    def _renewed(self) -> Scale:
        """What to answer with where the distances are out of date."""
        index, rows = self._index, self.rows
        turnover, count = index.turnover + self.rewritten, index.count
        basis, _, note = basis_of(rows.settings, self._counts(), count)
        if basis is Basis.NONE:
            return self._emptied(rows, Scale(records=count, turnover=turnover, note=note))
        self._ask()
        if self._patient and self._scale.basis is Basis.NONE and not _on_event_loop():
            self._arrived.wait(_FIRST_SECONDS)
            self._patient = False
        return self._scale

    def _emptied(self, rows: CalibrationRows, scale: Scale) -> Scale:
        """Answer by nothing from now on, unless it is measured or calibrated by now."""
        if self._gate.acquire(blocking=False):
            try:
                if self.rows is rows:
                    self._publish(scale)
                    self._patient = True
            finally:
                self._gate.release()
        return scale

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            self._arrived.clear()
            self._request(self, True)

    def _gather(self, gathered: Gathered, values: FloatArray) -> None:
        taken = gathered.add(values)
        if taken:
            # Its own number: of many threads one takes the first that is not on record.
            if taken == self.saved + 1:
                self._request(self, False)
            scale = self._scale
            first = scale.source == "" and len(gathered) >= FEWEST
            more = scale.source == USED and taken - scale.gathered > _NEW_QUERIES
            if first or more:
                self._ask()

    def follow(self, change: FieldChange) -> None:
        """A commit changed the field. Called in commit order, by the writer."""
        if self._path is not None:
            self.rewritten += len(change.payloads.keys() - set(change.labels))

    def describe(self) -> Calibration:
        """By what it tells the unfamiliar."""
        said, scale, index = self.rows.settings, self._scale, self._index
        now = forecast(said, self._counts(), index.count)
        if self._outdated(scale) and Basis.NONE in (scale.basis, now.basis):
            return now
        return Calibration(
            basis=scale.basis,
            measure=said.measure,
            label_key=said.label_key,
            points=len(scale.distances),
            threshold=scale.threshold,
            source=scale.source,
            gathers=said.gathers,
            records=scale.records,
            note=scale.note,
        )

    # -- measuring

    def scale_of(self, rows: CalibrationRows, proceed: Callable[[], None]) -> Scale:
        """What would hold with other rows, as :meth:`Subject.measured`.

        Args:
            rows: what is to be on record.
            proceed: called again and again; what it raises ends it.
        """
        gathered = rows.counts.get(USED, 0)
        return self.subject.measured(rows, gathered, self.rewritten, lambda _: proceed())

    def adopt(self, rows: CalibrationRows, scale: Scale) -> None:
        """Answer by other rows, which are on record now."""
        self._generation += 1
        with self._gate:
            self._begin(rows)
            self._publish(scale)

    def measure(self) -> None:
        """Measure the distances now, and answer by them from then on.

        Nothing is raised: where it fails, the log says so, and the older distances stay.
        """
        with self._gate:
            start, generation = time.monotonic(), self._generation

            def proceed(so_far: Callable[[], Scale]) -> None:
                if self.stopped or self._generation != generation:
                    raise Stopped
                if not self._arrived.is_set() and time.monotonic() - start > _ENOUGH_SECONDS:
                    self._make_do(so_far())

            taken = 0 if self.gathered is None else self.gathered.taken
            try:
                rows, rewritten = self.current(), self.rewritten
                self._publish(self.subject.measured(rows, taken, rewritten, proceed))
            except Stopped:
                self._asked = False
            except InvalidArgument as error:
                self._publish(self._unmeasured(unfit(error)))
            except Exception:
                if not self.stopped:
                    log.exception("the distances of %r", self.subject.collection.name)
                self._publish(self._unmeasured(FAILED))
            finally:
                self.due = time.monotonic() + (time.monotonic() - start) / _SHARE
                self._arrived.set()

    def _make_do(self, scale: Scale) -> None:
        """For searches that wait: the distances so far, until all are there."""
        if scale.distances and self._scale.basis is Basis.NONE:
            self._scale = scale
            self._arrived.set()

    def _publish(self, scale: Scale) -> None:
        self._scale = scale
        self._settled = True
        self._asked = False

    def _unmeasured(self, note: str) -> Scale:
        """The distances of before, if any, until the collection has changed again."""
        scale = self._scale
        if scale.basis is Basis.NONE:
            scale = Scale(note=note, records=self._index.count)
        return replace(scale, turnover=self._index.turnover + self.rewritten)

    def _counts(self) -> dict[str, int]:
        """How many queries there are of each source."""
        rows, gathered = self.rows, self.gathered
        return rows.counts if gathered is None else {**rows.counts, USED: len(gathered)}

    def current(self) -> CalibrationRows:
        """What is on record, with what has been gathered since."""
        rows, gathered = self.rows, self.gathered
        if gathered is None:
            return rows
        return replace(rows, queries={**rows.queries, USED: gathered.matrix()})


def forecast(said: CalibrationSettings, counts: dict[str, int], records: int) -> Calibration:
    """What is known of a calibration before its distances are measured."""
    basis, source, note = basis_of(said, counts, records)
    return Calibration(
        basis=basis,
        measure=said.measure,
        label_key=said.label_key,
        source=source,
        gathers=said.gathers,
        note=note if basis is Basis.NONE else AT_FIRST_SEARCH,
    )


def _on_event_loop() -> bool:
    """Whether an event loop would have to wait."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
