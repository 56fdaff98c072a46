"""Names of columns, as options give them."""

from __future__ import annotations


def split_columns(names: str | None) -> tuple[str, ...] | None:
    """``"a,b"`` as column names; an empty text is no columns at all, None stays None."""
    if names is None:
        return None
    return tuple(name.strip() for name in names.split(",") if name.strip())
