"""Train every task of texts and tables on real data, and judge it: ``make quality-text``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.run import Bench, Suite

SUITE = Suite(
    "benchmarks.quality_text",
    # next-sentence starts from what masked-tokens has trained.
    {
        "word-context": "word_context",
        "masked-tokens": "masked_tokens",
        "next-sentence": "next_sentence",
        "categories": "categories",
    },
    """# What the pretext tasks reach

Every task is trained on real data and judged on data that it was not trained on. Beside each figure
stands the best simple baseline of the same run; where the baseline is better, the table says so.
This page is written by

```
make quality-text DATA=FOLDER
```

which ends with an error where a bar is missed.
""",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and judge; see :meth:`Suite.run` for what it returns."""
    given = SUITE.parser(__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vecstore-quality-") as folder:
        return SUITE.run(given, Bench(given.data, Path(folder)))
