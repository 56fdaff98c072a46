"""``vecstore``, with a line in a file for every record whose new vector is made.

``python -m benchmarks.reembedding_drill.counted NOTES serve ...``. A line stands there before the
vector is made, so it outlives the process. It has the label that the record's vector has in the
space that is left: a record that is written anew has another one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from vecstore.cli.main import main
from vecstore.reembedding.vectors import Source
from vecstore.storage.staging import Unmoved


def count(path: str) -> None:
    """Note every record that is to be moved by this process."""
    notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    made = Source.vectors_for

    def noted(self: Source, unmoved: Sequence[Unmoved]) -> Any:
        os.write(notes, b"".join(b"%d\n" % one.label for one in unmoved))
        return made(self, unmoved)

    Source.vectors_for = noted  # type: ignore[method-assign]


if __name__ == "__main__":
    count(sys.argv[1])
    main(sys.argv[2:])
