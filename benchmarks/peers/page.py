"""The rows as a table on a terminal, and as a section of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.table import Table

from benchmarks.peers.rows import Row

NAMES = {
    "ours": "vecstore",
    "bare": "hnswlib",
    "qdrant_edge": "qdrant-edge",
    "chroma": "Chroma",
    "lance": "LanceDB",
    "milvus": "milvus-lite",
    "ours_served": "vecstore, served",
    "minimal_served": "minimal server",
    "chroma_served": "Chroma, served",
    "hybrid": "vector alone",
}
BEGIN, END = "<!-- beside other stores: begin -->", "<!-- beside other stores: end -->"
_STYLES = {"met": "green", "missed": "bold red"}

_ABOUT = """## Beside other stores

What `make bench-peers DATA=VECTORS.npy` printed last: every store in a process of its own, in one
run, asked in turn. All have M=16, ef_construction=200, cosine, k=10 and as many threads as there
are cores to build; ef of each is the smallest that reaches the recall asked for (0.985, with
filters 0.99; in brackets stands recall@10 against the exact answer, as measured). Filters are
ranges of an indexed integer; "new each time" means that no two queries have the same. The ratio is
to the quickest of the peers that reached 0.985, the median over the rounds, with its quartiles.
"""


def rich_table(rows: Iterable[Row]) -> Table:
    """For a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("what", "figures", "ratio", "to", "bar", ""):
        table.add_column(column)
    for row in rows:
        style = _STYLES.get(row.verdict, "")
        *cells, verdict = _cells(row)
        table.add_row(*cells, f"[{style}]{verdict}[/]" if style else verdict)
    return table


def section(rows: Sequence[Row], machine: Mapping[str, str]) -> str:
    """For the page, in Markdown, between its marks."""
    lines = ["| what | figures | ratio | to | bar |  |", "|---|---|--:|---|--:|---|"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    notes = [f"- {row.what}: {row.note}." for row in rows if row.note]
    about = [f"- {name}: {value}" for name, value in machine.items()]
    parts = [BEGIN, _ABOUT, "\n".join(lines) + "\n", *notes, "", "Measured on:\n", *about, "", END]
    return "\n".join(parts) + "\n"


def put(path: Path, text: str) -> None:
    """Replace the section of a page, or append it."""
    page = path.read_text() if path.exists() else "# Benchmarks\n"
    path.write_text(without(page).rstrip() + "\n\n" + text)


def without(page: str) -> str:
    """A page without the section."""
    return _parted(page)[0]


def kept(path: Path) -> str:
    """The section that a page has; empty where it has none."""
    return _parted(path.read_text())[1] if path.exists() else ""


def _parted(page: str) -> tuple[str, str]:
    """A page without the section, and the section."""
    begin, end = page.find(BEGIN), page.find(END)
    if begin < 0 or end < 0:
        return page, ""
    end += len(END)
    return page[:begin] + page[end:].lstrip("\n"), page[begin:end] + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    figures = "; ".join(f"{NAMES.get(name, name)} {value}" for name, value in row.cells.items())
    ratio = ""
    if row.ratio is not None:
        low, middle, high = row.ratio
        ratio = f"{middle:.2f}" if low == high else f"{middle:.2f} ({low:.2f} – {high:.2f})"
    against = NAMES.get(row.against, row.against)
    return row.what, figures, ratio, against, "" if row.bar is None else str(row.bar), row.verdict
