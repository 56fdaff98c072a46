"""Evaluations in SQL: added, read, never changed and never deleted."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, RowMapping, insert, select

from vecstore.errors import NotFound
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol
from vecstore.instants import now
from vecstore.spaces import Space
from vecstore.storage import tables
from vecstore.storage.faults import as_written, told
from vecstore.storage.schema import writing

_keys = tables.evaluations.c
_MAX_ID = 2**63 - 1
# Another process may judge an encoder at any time; searches need not ask for it each time.
_REMEMBERED_SECONDS = 2.0
# An encoder is described in one message, whoever judges it every day.
_SHOWN = 200


class Evaluations:
    """What was found out about encoders. Safe to use from many threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # When a space has to be looked up again; never for one that has been judged.
        self._known: dict[Space, tuple[bool, float]] = {}

    def add(self, evaluation: Evaluation) -> Evaluation:
        """Put an evaluation on record.

        Returns:
            It with its id, and with the time where it had none.
        """
        evaluation = replace(evaluation, created_at=evaluation.created_at or now())
        statement = insert(tables.evaluations).values(_row(evaluation)).returning(_keys.id)
        with told("recording an evaluation"), writing(self._engine).begin() as connection:
            number = connection.execute(statement).scalar_one()
        self._known.pop(evaluation.space, None)
        return replace(evaluation, id=number)

    def get(self, number: int) -> Evaluation:
        """One evaluation.

        Raises:
            NotFound: there is none of this id.
        """
        row = None
        if 0 < number <= _MAX_ID:
            statement = select(tables.evaluations).where(_keys.id == number)
            with told("reading an evaluation"), self._engine.connect() as connection:
                row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound(
                f"there is no evaluation {number}; list those that there are with list_evaluations",
                evaluation=number,
            )
        return _evaluation(row)

    def of(self, model: str, version: str) -> tuple[Evaluation, ...]:
        """The newest 200 of a release, those of its transformed spaces too; oldest first."""
        return tuple(reversed(self.newest(_SHOWN, model=model, version=version)))

    def newest(
        self,
        count: int,
        *,
        model: str | None = None,
        version: str | None = None,
        before: int | None = None,
    ) -> list[Evaluation]:
        """Up to ``count`` evaluations, newest first.

        Args:
            count: how many.
            model, version: of these alone.
            before: only those with a smaller id.
        """
        statement = select(tables.evaluations).order_by(_keys.id.desc()).limit(count)
        if model is not None:
            statement = statement.where(_keys.model == model)
        if version is not None:
            statement = statement.where(_keys.version == version)
        if before is not None:
            statement = statement.where(_keys.id < before)
        with told("reading evaluations"), self._engine.connect() as connection:
            return [_evaluation(row) for row in connection.execute(statement).mappings()]

    def evaluated(self, space: Space) -> bool:
        """Whether vectors of this very space have been judged, transform and fingerprint included.

        Quick enough for every search: the answer is up to two seconds old where another process
        judges.
        """
        known, until = self._known.get(space, (False, 0.0))
        if known or time.monotonic() < until:
            return known
        statement = select(_keys.id).where(
            _keys.model == space.model,
            _keys.version == space.version,
            _keys.transform == space.transform,
            _keys.dim == space.dim,
            _keys.fingerprint == space.fingerprint,
        )
        until = time.monotonic() + _REMEMBERED_SECONDS
        with told("reading evaluations"), self._engine.connect() as connection:
            known = connection.execute(statement.limit(1)).first() is not None
        self._known[space] = (known, until)
        return known


def _row(evaluation: Evaluation) -> dict[str, Any]:
    space, data = evaluation.space, evaluation.data
    baselines = {name: _plain(figures) for name, figures in evaluation.baselines.items()}
    return {
        "model": space.model,
        "version": space.version,
        "transform": space.transform,
        "dim": space.dim,
        "fingerprint": space.fingerprint,
        "protocol": evaluation.protocol,
        "data_name": data.name,
        "data_digest": data.digest,
        "data_counts": json.dumps(dict(data.counts)),
        "seed": evaluation.seed,
        "settings": json.dumps(dict(evaluation.settings)),
        "figures": json.dumps(_plain(evaluation.figures)),
        "baselines": json.dumps(baselines),
        "created_at": evaluation.created_at,
    }


def _evaluation(row: RowMapping) -> Evaluation:
    with as_written(f"the evaluation {row['id']}"):
        baselines = json.loads(row["baselines"])
        counts = dict(json.loads(row["data_counts"]))
        return Evaluation(
            space=Space(
                model=row["model"],
                version=row["version"],
                dim=row["dim"],
                fingerprint=row["fingerprint"],
                transform=row["transform"],
            ),
            protocol=Protocol(row["protocol"]),
            data=DataSummary(row["data_name"], row["data_digest"], counts),
            seed=row["seed"],
            settings=dict(json.loads(row["settings"])),
            figures=_figures(json.loads(row["figures"])),
            baselines={name: _figures(figures) for name, figures in baselines.items()},
            created_at=row["created_at"],
            id=row["id"],
        )


def _plain(figures: Mapping[str, Figure]) -> dict[str, list[float | None]]:
    return {name: [one.value, one.low, one.high] for name, one in figures.items()}


def _figures(plain: Mapping[str, list[float | None]]) -> dict[str, Figure]:
    return {name: Figure(*numbers) for name, numbers in plain.items()}  # type: ignore[arg-type]
