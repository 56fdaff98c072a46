"""What a task needs that may not be installed."""

from __future__ import annotations

from importlib.metadata import packages_distributions, version
from importlib.util import find_spec

from vecstore.errors import TrainingFailed
from vecstore.tasks import PretextSpec


def libraries(spec: PretextSpec) -> dict[str, str]:
    """Versions of what a task trains with, by distribution."""
    known = packages_distributions()
    names = {name for module in spec.requires for name in known.get(module, ())}
    return {name: version(name) for name in ("vecstore-server", *sorted(names))}


def missing_modules(spec: PretextSpec) -> list[str]:
    """The modules that a task's training needs and that are not installed."""
    return [name for name in spec.requires if find_spec(name) is None]


def require_installed(spec: PretextSpec) -> None:
    """Raise TrainingFailed where something is missing, with the command that installs it."""
    missing = missing_modules(spec)
    if missing:
        raise TrainingFailed(
            f"the pretext task {spec.name} needs {' and '.join(missing)}, which is not installed; "
            f"install it with: pip install '{spec.extra or ' '.join(missing)}'",
            missing=", ".join(missing),
        )
