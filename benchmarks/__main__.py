"""``python -m benchmarks``."""

import signal
import sys

from benchmarks.run import main

# So that servers are stopped and folders removed then, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
sys.exit(main())
