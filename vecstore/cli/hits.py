"""Hits on the screen: a table, how strange the query is, and how it was answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vecstore.cli import output
from vecstore.cli.calibrate import NOT_EVALUATED, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vecstore.answers import FusedHit, FusedHits, Group
    from vecstore.calibrations import Calibration
    from vecstore.hits import Hit, Hits
    from vecstore.plans import Plan

    Calibrated = Callable[[], Calibration | None]

_COLUMNS = ["score", "id", "text", "payload"]
_CARRIED = "(carried)"


def print_answer(hits: Hits, collection: str, calibration: Calibrated) -> None:
    """The hits of one search, and all that is said of them."""
    if hits:
        _print_table(_COLUMNS, [_cells(hit) for hit in hits])
        _print_carried(hits)
    else:
        output.print_note(f"no hits in {collection}")
    _print_rest(hits, calibration)


def print_groups(groups: list[Group], collection: str, key: str, calibration: Calibrated) -> None:
    """The groups of one search, best first, and all that is said of them."""
    if not groups:
        output.print_note(f"no records with a value at {key} found in {collection}")
        return
    rows = [[_shown(group.value), *_cells(hit)] for group in groups for hit in group.hits]
    _print_table([key, *_COLUMNS], rows)
    _print_carried([hit for group in groups for hit in group.hits])
    _print_rest(groups[0].hits, calibration)


def print_fused(hits: FusedHits, collection: str) -> None:
    """The hits of a fused search, each with its rank in the sources that found it."""
    if hits:
        rows = [[*_cells(hit)[:2], _ranks(hit), *_cells(hit)[2:]] for hit in hits]
        _print_table([*_COLUMNS[:2], "ranks", *_COLUMNS[2:]], rows)
        _print_carried(hits)
    else:
        output.print_note(f"no hits in {collection}")
    for answer in hits.answers.values():
        _print_bridge(answer)


def _print_rest(hits: Hits, calibration: Calibrated) -> None:
    strange = hits.unfamiliarity
    if strange is not None:
        say = output.print_line if hits else output.print_note
        # Asked for last: a first search has the distances measured that it counts.
        say(sentence(strange, calibration()))
    _print_bridge(hits)
    if hits.plan is not None:
        output.print_line(_explanation(hits.plan))
    if hits and not hits.encoder_evaluated:
        output.print_note(f"{hits.space.name}: {NOT_EVALUATED}")


def _print_bridge(hits: Hits) -> None:
    if hits.bridge:
        poor = " (it is poor, and was forced)" if hits.bridge_forced else ""
        mapped = f"the query was mapped into {hits.space.name}"
        output.print_line(f"asked over the bridge {hits.bridge}: {mapped}{poor}")


def _print_carried(hits: Sequence[Hit | FusedHit]) -> None:
    if any(hit.carried for hit in hits):
        output.print_line(f"{_CARRIED} its vector was mapped from another space, not encoded")


def _explanation(plan: Plan) -> str:
    counts = [f"{plan.records:,} records"]
    if plan.matching is not None:
        counts.append(f"{plan.matching:,} satisfy the filter")
    if plan.examined is not None:
        counts.append(f"{plan.examined:,} examined")
    if plan.indexes:
        counts.append(f"told by the index of {', '.join(plan.indexes)}")
    if plan.cached:
        counts.append("known from an earlier search")
    return f"{plan.strategy}: {plan.reason}\n  {'; '.join(counts)}"


def _print_table(columns: list[str], rows: list[list[str]]) -> None:
    output.print_table(columns, rows, right=["score"], cut={"text": 2, "payload": 1})


def _cells(hit: Hit | FusedHit) -> list[str]:
    payload = json.dumps(dict(hit.payload), ensure_ascii=False) if hit.payload else ""
    mark = f" {_CARRIED}" if hit.carried else ""
    return [f"{hit.score:.4f}", f"{hit.id}{mark}", _first_line(hit.text), payload]


def _ranks(hit: FusedHit) -> str:
    return ", ".join(f"{one.name} {one.rank}" for one in hit.sources)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _first_line(text: str | None, limit: int = 200) -> str:
    line = (text or "").strip().partition("\n")[0]
    return line if len(line) <= limit else line[: limit - 3] + "..."
