"""The options of tasks that train a text tower beside an image tower, and what they may be."""

from __future__ import annotations

from vecstore.errors import InvalidArgument
from vecstore.pretext.option_checks import Range, check_ranges
from vecstore.specs import Option, Options

TEXT_OPTIONS = (
    Option("vocabulary", int, 4000, "Word pieces at most, learnt from the texts"),
    Option("lower_case", bool, True, "Drop case and accents of texts"),
    Option("max_length", int, 32, "Word pieces of one text; longer ones are cut"),
    Option("text_width", int, 128, "Length of the text transformer's vectors"),
    Option("text_layers", int, 2, "Its layers"),
    Option("text_heads", int, 4, "Attention heads in each of them"),
    Option("text_dropout", float, 0.1, "Share of its activations that are dropped in training"),
)

SPACE_OPTIONS = (Option("dim", int, 128, "Length of the vectors, those of texts and of images"),)

_RANGES = {
    "vocabulary": Range(10, 1_000_000),
    "max_length": Range(4, 4096),
    "text_width": Range(2, 4096),
    "text_layers": Range(1, 100),
    "text_heads": Range(1, 256),
    "text_dropout": Range(0.0, 0.9),
    "dim": Range(2, 4096),
}


def check_tower_options(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or one that contradicts another.
    """
    check_ranges(options, _RANGES)
    if options["text_width"] % options["text_heads"]:
        raise InvalidArgument(
            f"text_width is {options['text_width']} and text_heads is {options['text_heads']}; "
            "text_width must be a multiple of text_heads",
            field="text_heads",
        )
