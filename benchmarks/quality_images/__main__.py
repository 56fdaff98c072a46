"""``python -m benchmarks.quality_images DATA``."""

import sys

from benchmarks.quality_images.run import main

sys.exit(main())
