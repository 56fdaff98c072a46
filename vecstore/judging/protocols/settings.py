"""What decides figures, for the record."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from vecstore.records import Input

_LIBRARIES = ("numpy", "scikit-learn", "scipy")


def common_settings(inputs: Iterable[Input] = ()) -> dict[str, Any]:
    """What decides figures of every protocol.

    Args:
        inputs: that were judged by, as far as they are at hand: their modalities are kept.
    """
    versions = {name: version(name) for name in _LIBRARIES}
    kinds = sorted({str(one.modality) for one in inputs})
    return {"metric": "cosine", "versions": versions, **({"modalities": kinds} if kinds else {})}
