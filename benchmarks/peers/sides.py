"""The other end of :mod:`benchmarks.peers.child`."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.measure import HERE

STOP_SECONDS = 120


class Side:
    """A store in its own process.

    Args:
        name: of the engine.
        python: an interpreter that can import it.
        log: where its own output goes.
    """

    def __init__(self, name: str, python: Path, log: Path) -> None:
        self.name = name
        self.ef = 0
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [str(python), "-m", "benchmarks.peers.child", name],
                cwd=HERE,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "ANONYMIZED_TELEMETRY": "False"},
            )

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """Send a command, and wait for its answer.

        Raises:
            RuntimeError: the process ended instead.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            end = self._log.read_text(errors="replace").strip().splitlines()[-3:]
            raise RuntimeError(f"{self.name} ended instead of answering {do!r}: {' '.join(end)}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
