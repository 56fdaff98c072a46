"""What the drill found, as a small table."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from benchmarks.reembedding_drill.drill import Drill
from benchmarks.reembedding_drill.found import Found
from benchmarks.reembedding_drill.ground import Way

MILLI = 1e3
PHASES = (
    *("before", "while filling", "after a kill", "after the switch", "rolled back"),
    *("while finishing", "after finish"),
)


def table(lines: Mapping[str, str]) -> Table:
    """Two columns: what, and how much."""
    found = Table(box=None, pad_edge=False, show_header=False)
    found.add_column()
    found.add_column()
    for what, value in lines.items():
        found.add_row(what, value)
    return found


def lines(drill: Drill, way: Way, records: int) -> dict[str, str]:
    """Every figure, for people."""
    found, ledger = drill.found, drill.ledger
    target = f"{way.target}+{way.transform}" if way.transform else way.target
    return {
        "moved": f"{records:,} records from {way.source} to {target}",
        "stored before in": f"{found.ingested:,.1f} s",
        **_filling(found, way, records),
        **{f"searches {phase}, p50 / p99": ledger.percentiles(phase) for phase in PHASES},
        "writes acknowledged": f"{ledger.writes:,}",
        "calls while no server was there": f"{ledger.unavailable:,}",
        "switch": " and ".join(f"{MILLI * took:.0f} ms" for took in found.switches),
        "roll back": f"{MILLI * found.rolled_back:.0f} ms",
        **{f"disk {when}": _size(count) for when, count in found.disk.items()},
        "disk that the plan asked for": _size(found.planned_bytes),
        "lost, or wrong": f"{len(ledger.faults):,}",
    }


def _filling(found: Found, way: Way, records: int) -> dict[str, str]:
    alone = sum(found.alone) / len(found.alone)
    present = max(found.filling - found.away, 1e-9)
    rate = found.made / present
    derived = found.planned is None
    planned = "nothing to encode" if derived else f"{found.planned:,.0f} s"
    made = f"{rate:,.0f}/s while the server was there"
    if not derived:
        made += f", {way.target} alone {alone:,.0f}/s: {rate / alone:.2f}"
    return {
        "filled in": f"{found.filling:,.1f} s ({found.away:,.1f} s of it without a server; "
        f"planned: {planned}); judged after {found.ready:,.1f} s",
        "vectors made": f"{found.made:,}, of which {found.again:,} again; {records:,} records",
        "a second": made,
        "kills": f"{len(found.kills)}, {sum(found.kills)} of them while it was filled",
    }


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
