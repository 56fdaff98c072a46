"""Ten times as many vectors, and ten times again: speed and memory, beside bare hnswlib."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.figures import Bar
from benchmarks.peers.ground import BARE, OURS, Ground
from benchmarks.peers.measurements import search
from benchmarks.peers.rounds import in_turn
from benchmarks.peers.rows import Row, cell

EF = 64
MEMORY = Bar(1.4, most=True)
# The ratio at one size over that at the size before; noise of some per cent is allowed for.
NO_FASTER = Bar(0.95)


def growth(ground: Ground, sizes: tuple[int, ...]) -> list[Row]:
    """Queries a second and resident memory at every size.

    Args:
        ground: for its rows and its folder; its own size does not matter.
        sizes: ascending.
    """
    rows: list[Row] = []
    before: tuple[float, dict[str, int], int] | None = None
    for size in sizes:
        folder = ground.folder / f"growth-{size}"
        folder.mkdir()
        here = replace(ground, size=size, folder=folder, built={}, _truth=None)
        memory = {name: _resident(here, name) for name in (BARE, OURS)}
        with here.opened((BARE, OURS)) as sides:
            for side in sides:
                side.ask("tune", ef=EF)
                side.ef = EF
            found = in_turn(sides, search, ground.rounds, here.truth)
        low, ratio, high = found[OURS].over(found[BARE])
        cells = {name: cell(one) for name, one in found.items()}
        what = f"search at {size:,}, ef {EF}"
        if before is None:
            rows.append(Row(what, cells, BARE, (low, ratio, high)))
        else:
            fell, held, fewer = before
            note = f"{ratio:.3f} of bare here, {fell:.3f} at {fewer:,}"
            rows.append(
                Row(
                    f"{what}, ratio to bare over that at {fewer:,}",
                    cells,
                    BARE,
                    (low / fell, ratio / fell, high / fell),
                    NO_FASTER,
                    note,
                )
            )
            rows.append(_memory(memory, held, size, fewer))
        before = (ratio, memory, size)
    return rows


def _memory(now: dict[str, int], before: dict[str, int], size: int, fewer: int) -> Row:
    each = {name: (now[name] - before[name]) / (size - fewer) for name in now}
    cells = {name: f"{value:,.0f} bytes" for name, value in each.items()}
    what = f"memory a vector, {fewer:,} to {size:,}"
    return Row(what, cells, BARE, (each[OURS] / each[BARE],) * 3, MEMORY)


def _resident(ground: Ground, name: str) -> int:
    with ground.opened((name,)) as (side,):
        side.ask("search", numbers=list(range(200)))
        answer: Any = side.ask("memory")["bytes"]
        return int(answer)
