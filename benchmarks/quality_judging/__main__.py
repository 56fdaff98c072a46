"""``python -m benchmarks.quality_judging DATA``."""

import sys

from benchmarks.quality_judging.run import main

sys.exit(main())
