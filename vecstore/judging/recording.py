"""What decides figures, for the record."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

_LIBRARIES = ("numpy", "scikit-learn", "scipy")


def common_settings() -> dict[str, Any]:
    """What decides figures of every protocol."""
    return {"metric": "cosine", "versions": {name: version(name) for name in _LIBRARIES}}
