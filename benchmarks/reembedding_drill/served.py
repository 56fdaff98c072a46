"""The server of the drill: started, killed, started again on the same port."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import HERE

STOP_SECONDS = 120
# Of the log, where a server ends by itself.
LAST = 2000


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a client sees of the server before and after a call.

    Args:
        number: how often it was started.
        alive: whether it was there.
        since: when it listened, seconds of the monotonic clock.
    """

    number: int
    alive: bool
    since: float


class Served:
    """``vecstore serve`` of one store, in a process of its own.

    Args:
        folder: has the store in ``data``; the log and the notes are written beside it.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.notes = folder / "notes"
        self.notes.touch()
        self._log = folder / "server.log"
        self._process: subprocess.Popen[str] | None = None
        self.address = "127.0.0.1:0"
        self.sitting = Sitting(0, alive=False, since=0.0)
        self.away = 0.0
        self._read = self._made = 0

    def start(self) -> None:
        """Serve, and wait until it listens.

        Raises:
            RuntimeError: it ended before.
        """
        began = time.monotonic()
        command = [sys.executable, "-m", "benchmarks.reembedding_drill.counted", str(self.notes)]
        command += ["serve", "--data", str(self.data), "--listen", self.address, "--json"]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                command, cwd=HERE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start:\n{self.log}")
        self.address = json.loads(line)["listening"]
        present = time.monotonic()
        self.away += present - began if self.sitting.number else 0.0
        self.sitting = Sitting(self.sitting.number + 1, alive=True, since=present)

    def kill(self) -> None:
        """SIGKILL."""
        self._gone(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM; whatever is left of it after a while is killed."""
        if self._process is not None and self._process.poll() is None:
            self._gone(signal.SIGTERM)

    def _gone(self, how: signal.Signals) -> None:
        process = self._process
        assert process is not None
        self.sitting = Sitting(self.sitting.number, alive=False, since=self.sitting.since)
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    @property
    def log(self) -> str:
        """The end of what the server said."""
        return self._log.read_text()[-LAST:] if self._log.exists() else ""

    def made(self) -> int:
        """New vectors that were begun, those that were begun twice counted twice."""
        with self.notes.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        self._made += new.count(b"\n")
        return self._made

    def made_again(self) -> int:
        """Of these, how many had been begun before."""
        times = Counter(self.notes.read_bytes().split())
        return sum(times.values()) - len(times)

    def made_last(self) -> float:
        """When the last one was begun, seconds of the epoch."""
        return self.notes.stat().st_mtime
