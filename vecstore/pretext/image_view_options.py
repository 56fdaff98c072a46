"""The options of how images are varied in training, and what they may be."""

from __future__ import annotations

from vecstore.pretext.option_checks import Range, check_ranges
from vecstore.specs import Option, Options

_RANGES = {
    "crop": Range(0.01, 1.0),
    "flip": Range(0.0, 1.0),
    "colour": Range(0.0, 1.0),
    "grey": Range(0.0, 1.0),
    "blur": Range(0.0, 1.0),
    "rotation": Range(0.0, 180.0),
}


def view_options(
    *, crop: float, flip: float, colour: float, grey: float, blur: float, rotation: float
) -> tuple[Option, ...]:
    """The options of a view, with a task's own defaults."""
    return (
        Option("crop", float, crop, "Smallest share of an image's area that is cut out; 1: all"),
        Option("flip", float, flip, "How often an image is mirrored"),
        Option("colour", float, colour, "How far brightness, contrast and colours are moved"),
        Option("grey", float, grey, "How often an image loses its colours"),
        Option("blur", float, blur, "How often an image is blurred"),
        Option("rotation", float, rotation, "Degrees that an image is turned by at most"),
    )


def check_view_options(options: Options) -> None:
    """Raise InvalidArgument where an option of a view has no meaning."""
    check_ranges(options, _RANGES)
