"""What judging needs that may not be installed."""

from __future__ import annotations

from importlib.util import find_spec

from vecstore.errors import InvalidArgument

_LIBRARIES = {"sklearn": "scikit-learn", "matplotlib": "matplotlib", "jinja2": "jinja2"}


def require_libraries() -> None:
    """Raise InvalidArgument where a library is missing, with the command that installs it."""
    missing = [name for module, name in _LIBRARIES.items() if find_spec(module) is None]
    if missing:
        raise InvalidArgument(
            f"judging an encoder needs {' and '.join(missing)}, which is not installed; "
            "install it with: pip install 'vecstore-server[evaluation]'",
            missing=", ".join(missing),
        )
