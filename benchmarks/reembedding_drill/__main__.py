"""``python -m benchmarks.reembedding_drill TEXTS``."""

import sys

from benchmarks.reembedding_drill.run import main

sys.exit(main())
