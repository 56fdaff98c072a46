"""Parquet's library, and what stands in our Parquet files beside the columns."""

from __future__ import annotations

from typing import Any

from vecstore.errors import FailedPrecondition

# Of the schema: that an export wrote it. Of a column: which part of which field it is, and for
# vectors their space as JSON.
EXPORT, FIELD, PART, SPACE = (
    b"vecstore.export",
    b"vecstore.field",
    b"vecstore.part",
    b"vecstore.space",
)
FORMAT = b"1"


def pyarrow() -> Any:
    """The library.

    Raises:
        FailedPrecondition: it is not installed.
    """
    try:
        import pyarrow as library
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError as error:
        raise FailedPrecondition(
            f"Parquet needs pyarrow, which is not there ({error}); install it with: "
            "pip install 'vecstore-server[parquet]'"
        ) from None
    return library
