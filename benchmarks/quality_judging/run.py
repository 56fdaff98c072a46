"""Hold what vecstore says about an encoder against what is known: ``make quality-judging``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.run import Bench, Suite

SUITE = Suite(
    "benchmarks.quality_judging",
    {
        "unfamiliar": "unfamiliar",
        "dimensions": "dimensions",
        "labels": "labels",
        "pairs": "pairs",
    },
    """# What vecstore says about a known encoder

all-MiniLM-L6-v2 is judged by the calls that everybody has: `collection.calibrate` and
`collection.search` for the unfamiliar, `store.dimensions`, and `store.evaluate`. Where it is known
what comes out, that is the bar; accuracies of fewer dims are known to two digits, so half of the
last one is allowed beside 0.02. In brackets stands the range in which a figure lies with 95 %. This
page is written by

```
make quality-judging DATA=FOLDER
```

which ends with an error where a bar is missed. FOLDER holds `clinc150/data_full.json` and
`stsb/stsb-en-test.csv`. What an answer about the unfamiliar costs a search is measured in
[benchmarks.md](benchmarks.md).
""",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge; see :meth:`Suite.run` for what it returns."""
    given = SUITE.parser(__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vecstore-quality-") as folder:
        return SUITE.run(given, Bench(given.data, Path(folder)))
