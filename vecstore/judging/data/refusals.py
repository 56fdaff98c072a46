"""What cannot be used: it stops the reading, or is passed over and counted."""

from __future__ import annotations

from collections.abc import Callable

from vecstore.errors import InvalidArgument, InvalidInput

STOP, SKIP = "stop", "skip"

OnSkipped = Callable[[str, InvalidInput], None]


class Refusals:
    """What cannot be used, taken as asked.

    Args:
        on_error: "stop" or "skip".
        on_skipped: (place, why) -> told of everything that is passed over.

    Attributes:
        count: how many were passed over.

    Raises:
        InvalidArgument: another ``on_error``.
    """

    def __init__(self, on_error: str, on_skipped: OnSkipped | None = None) -> None:
        if on_error not in (STOP, SKIP):
            raise InvalidArgument(
                f"on_error is {on_error!r}; it is {STOP!r} or {SKIP!r}", field="on_error"
            )
        self._skip = on_error == SKIP
        self._on_skipped = on_skipped or (lambda *_: None)
        self._first = ""
        self.count = 0

    def add(self, place: str, why: InvalidInput) -> None:
        """Pass something over, or stop.

        Raises:
            InvalidInput: it is to stop; the message names it.
        """
        if not self._skip:
            raise InvalidInput(
                f"{place}: {why.message}. Mend it or take it out, or pass over all that cannot be "
                'used with --on-error skip (on_error="skip" in Python)',
                **{**why.details, "field": "data"},
            ) from why
        self.count += 1
        self._first = self._first or f"{place}: {why.message}"
        self._on_skipped(place, why)

    def require(self, left: int, name: str, what: str) -> None:
        """Check that something is left.

        Args:
            left: how much is.
            name: of the data.
            what: was looked for, such as "inputs".

        Raises:
            InvalidInput: nothing is.
        """
        if left:
            return
        if not self.count:
            raise InvalidInput(f"{name} holds no {what}; give some", field="data")
        raise InvalidInput(
            f"{name} holds no {what} that can be used: all {self.count:,} were passed over, the "
            f"first of them {self._first}",
            field="data",
        )
