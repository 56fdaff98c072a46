"""How the images of a training are read, and what happens where one cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.inputs import Frame
from vecstore.tasks import Progress

STOP, SKIP = "stop", "skip"

OnSkipped = Callable[[str, InvalidInput], None]


@dataclass(frozen=True, slots=True)
class ImageRules:
    """How images are read.

    Args:
        frame: the squares that they are decoded to.
        folder: what relative paths in rows start from; None for the folder of the file that names
            them, or for the working folder.
        on_error: "stop" at the first image that cannot be used, or "skip" it.
        on_skipped: (name, why) -> told of everything that is passed over.
        report: told how far it has come.

    Raises:
        InvalidArgument: another ``on_error``, or no such folder.
    """

    frame: Frame
    folder: Path | None = None
    on_error: str = STOP
    on_skipped: OnSkipped = lambda *_: None
    report: Callable[[Progress], None] = lambda _: None

    def __post_init__(self) -> None:
        if self.on_error not in (STOP, SKIP):
            raise InvalidArgument(
                f"on_error is {self.on_error!r}; it is {STOP!r} or {SKIP!r}", field="on_error"
            )
        if self.folder is not None and not self.folder.is_dir():
            raise InvalidArgument(
                f"there is no folder {str(self.folder)!r} of images; give the folder that the "
                "paths in the data start from",
                field="image_folder",
            )


class Refusals:
    """What cannot be used, taken as the rules say.

    Attributes:
        count: how many were passed over.
    """

    def __init__(self, rules: ImageRules) -> None:
        self._rules = rules
        self._first: tuple[str, InvalidInput] | None = None
        self.count = 0

    def add(self, name: str, why: InvalidInput) -> None:
        """Pass something over, or stop.

        Raises:
            InvalidInput: it is to stop; the message names it.
        """
        if self._rules.on_error == STOP:
            raise InvalidInput(
                f"{name}: {why.message}. Mend it or take it out, or pass over all that cannot be "
                'used with --on-error skip (on_error="skip" in Python)',
                **{**why.details, "field": "data"},
            ) from why
        self.count += 1
        self._first = self._first or (name, why)
        self._rules.on_skipped(name, why)

    def require_some(self, left: int, what: str) -> None:
        """Check that not everything was passed over.

        Args:
            left: how many can be used.
            what: the data and its unit, such as "photos: no image".

        Raises:
            InvalidInput: none can.
        """
        if left:
            return
        if self._first is None:
            raise InvalidInput(f"{what}; there is nothing to learn from", field="data")
        name, why = self._first
        raise InvalidInput(
            f"{what} that can be used: all {self.count:,} were passed over, the first of them "
            f"{name}: {why.message}",
            field="data",
        ) from why
