"""What vecstore logs while a command runs: warnings on standard error, in the command's form."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from vecstore.cli import output


class WarningHandler(logging.Handler):
    """Writes warnings as the command writes errors.

    Args:
        as_json: one JSON document a line instead of text.
    """

    def __init__(self, as_json: bool) -> None:
        super().__init__(logging.WARNING)
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        output.write_warning(self.format(record), as_json=self._as_json)


@contextmanager
def warnings_shown(*, as_json: bool) -> Iterator[None]:
    """Show warnings, and nothing below them, while a command runs."""
    logger = logging.getLogger("vecstore")
    handler = WarningHandler(as_json)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
