"""The figures as one table: on a terminal, and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from benchmarks import bare
from benchmarks.figures import Figure

COLUMNS = ("what", "vecstore", "peer", "ratio", "bar", "")
_STYLES = {"met": "green", "missed": "bold red", "skipped": "yellow"}

_GRAPH = f"M={bare.M}, ef_construction={bare.EF_CONSTRUCTION}, ef={bare.EF}, k={bare.K}"

_PAGE = f"""# Benchmarks

What vecstore costs beside the bare parts that it is made of. This page is written by

```
make bench DATA=VECTORS.npy
```

which takes any `.npy` file of vectors, shape (n, dim). Both sides of a ratio are measured in one
run, in short alternating rounds, and the ratio is the median over the rounds; in brackets stand
its quartiles. The peer is hnswlib, or the named library, with nothing around it: no durability, no
identity, no records; that of a search that tells the unfamiliar is the same search without it.
Both sides have {_GRAPH}, cosine, and
{bare.THREADS} threads to build the graph. Queries are vectors that were never stored. Photos are
drawn here, unless `ARGS="--images FOLDER"` names some.
"""


def rich_table(figures: Iterable[Figure]) -> Table:
    """For a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in ("what", "") else "right")
    for figure in figures:
        style = _STYLES.get(figure.verdict, "")
        *cells, verdict = _cells(figure)
        table.add_row(*cells, f"[{style}]{verdict}[/]" if style else verdict)
    return table


def sentences(figures: Iterable[Figure]) -> list[str]:
    """What the table does not say: notes, and every bar that was missed or not measured."""
    said = []
    for figure in figures:
        if figure.verdict == "missed":
            value = figure.ours if figure.plain else f"{figure.value:.3f}"
            note = f" ({figure.note})" if figure.note else ""
            said.append(f"Missed: {figure.what}: {value}, and {figure.bar} is wanted{note}.")
        elif figure.verdict == "skipped":
            said.append(f"Skipped: {figure.what}: {figure.note}.")
        elif figure.note:
            said.append(f"{figure.what}: {figure.note}.")
    return said


_WHY = """## Where the difference goes

- **Search**: some 20 to 30 µs of Python a query, whatever the index does: checking the query's
  space and form, the lock, ids of labels, ten hits as objects. The smaller the index, the quicker
  hnswlib is, and the larger their share: that is why 20,000 vectors miss what 100,000 meet.
- **Telling the unfamiliar**: a place among a thousand distances, found by bisection, and one value
  more in the answer; the distance itself is that of the first hit.
- **gRPC**: the same, and parsing and writing typed messages (a space with every vector, a hit as a
  message of its own), the limit on calls in flight and deadlines, which the minimal server has not.
- **Durable and in the graph**: the commits, and Python beside two threads of hnswlib on two cores.
- **Restart**: loading the graph costs what it costs hnswlib; before that its digest is computed and
  the ids and checksums of every vector are read from SQL. hnswlib alone trusts the file.
- **Memory**: ids by label, digests by which equal vectors find each other, and room to grow.
- **Training**: about two seconds, however long it takes: opening a store, sealing the artifact,
  loading it again from its place, and checking it. A training of minutes does not notice them.
"""


def page(figures: Sequence[Figure], machine: Mapping[str, str]) -> str:
    """The page of the documentation, in Markdown."""
    rows = [_markdown(COLUMNS), "|---|--:|--:|--:|--:|---|"]
    rows += [_markdown(_cells(figure)) for figure in figures]
    parts = [
        _PAGE,
        "## The last run\n",
        "\n".join(rows) + "\n",
        "\n".join(f"- {sentence}" for sentence in sentences(figures)) + "\n",
        _WHY,
        "## On what\n",
        "\n".join(f"- {name}: {value}" for name, value in machine.items()) + "\n",
    ]
    return "\n".join(parts)


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = ""
    if not figure.plain and figure.value is not None:
        ratio = f"{figure.value:.3f}"
        if figure.low is not None and figure.high is not None:
            ratio += f" ({figure.low:.2f} – {figure.high:.2f})"
    bar = "" if figure.bar is None else str(figure.bar)
    return figure.what, figure.ours, figure.peer, ratio, bar, figure.verdict


def _markdown(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
