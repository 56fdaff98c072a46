"""What a command takes: ``python -m benchmarks.watched COMMAND ...`` prints one line of JSON.

A process of its own, and a small one: at its start a child's peak of memory is that of whoever
started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

# getrusage counts in KiB, and on macOS in bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Run the command to its end, print what it took, and end as it did."""
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    busy = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": seconds, "busy": busy, "peak": used.ru_maxrss * _UNIT}))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
