"""What the options of word-context may be."""

from __future__ import annotations

from vecstore.pretext.option_checks import Range, check_choices, check_patience, check_ranges
from vecstore.specs import Options

_RANGES = {
    "vector_size": Range(2, 4096),
    "window": Range(1, 1000),
    "epochs": Range(1, 100_000),
    "negative": Range(1, 100),
    "min_count": Range(1, 1_000_000_000),
    "sample": Range(0.0, 0.999),
    "learning_rate": Range(0.0, 1.0, open=True),
    "workers": Range(1, 256),
    "buckets": Range(1, 10_000_000),
    "smoothing": Range(0.0, 1.0, open=True),
    "validation": Range(0.0, 0.5),
    "patience": Range(0, 100_000),
}
_CHOICES = {"architecture": ("skip-gram", "cbow"), "unknown": ("skip", "subwords")}


def check(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or no choice of it.
    """
    check_ranges(options, _RANGES)
    check_choices(options, _CHOICES)
    check_patience(options, 0.01)
