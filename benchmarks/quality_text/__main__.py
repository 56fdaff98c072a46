"""``python -m benchmarks.quality_text DATA``."""

import sys

from benchmarks.quality_text.run import main

sys.exit(main())
