"""One store in a process of its own: ``python -m benchmarks.peers.child ENGINE``.

Reads one JSON command a line, and answers each with one line. Questions are made before the clock
starts. Vectors are in files, since both ends have numpy.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import resident_bytes
from benchmarks.peers.engines import BATCHED, Keys, engine


class Child:
    """Answers the commands, each a method of its name."""

    def __init__(self, name: str) -> None:
        self.engine = engine(name)
        self.queries: Any = None
        self.questions: list[Any] = []

    def build(self, vectors: str, places: str, folder: str) -> dict[str, Any]:
        rows, values = np.load(vectors), np.load(places).tolist()
        start = time.perf_counter()
        self.engine.build(rows, values, folder)
        return {"seconds": time.perf_counter() - start}

    def open(self, folder: str, queries: str) -> dict[str, Any]:
        self.engine.open(folder)
        self.queries = np.load(queries)
        self.questions = [self.engine.question(query) for query in self.queries]
        gc.collect()
        return {}

    def tune(self, ef: int) -> dict[str, Any]:
        self.engine.tune(ef)
        return {}

    def search(self, numbers: list[int], ranges: list[list[int]] | None = None) -> dict[str, Any]:
        asked = [self.questions[number] for number in numbers]
        within: list[Any] = [None] * len(asked) if ranges is None else [(a, b) for a, b in ranges]
        search = self.engine.search
        start = time.perf_counter()
        found = [search(one, limits) for one, limits in zip(asked, within, strict=True)]
        return _answer(start, found)

    def batch(self, numbers: list[int]) -> dict[str, Any]:
        starts = range(0, len(numbers), BATCHED)
        rows = [self.queries[numbers[first : first + BATCHED]] for first in starts]
        asked = [self.engine.together(some) for some in rows]
        start = time.perf_counter()
        found: list[Any] = []
        for some in asked:
            found += self.engine.batch(some)
        return _answer(start, found)

    def in_flight(self, numbers: list[int]) -> dict[str, Any]:
        asked = [self.questions[number] for number in numbers]
        start = time.perf_counter()
        found = self.engine.in_flight(asked)
        return _answer(start, found)

    def fused(self, numbers: list[int], words: int) -> dict[str, Any]:
        asked = [(self.questions[number], number, words) for number in numbers]
        start = time.perf_counter()
        found = [self.engine.fused(*one) for one in asked]
        return _answer(start, found)

    def memory(self) -> dict[str, Any]:
        return {"bytes": resident_bytes()}


def _answer(start: float, found: Sequence[Keys]) -> dict[str, Any]:
    """What was found, and in how many seconds; ids become numbers after that."""
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "found": [list(map(int, keys)) for keys in found]}


def main() -> None:
    """Answer until the input ends."""
    # What a store prints must not fall between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    child = Child(sys.argv[1])
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(child, command.pop("do"))(**command)
        print(json.dumps(answer), file=answers, flush=True)
    child.engine.close()


if __name__ == "__main__":
    main()
