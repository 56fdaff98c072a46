"""The options of captioning, and what they may be."""

from __future__ import annotations

from typing import Any

from vecstore.pretext.image_options import (
    SIZE_OPTIONS,
    backbone_options,
    check_image_options,
    training_options,
)
from vecstore.pretext.image_view_options import check_view_options, view_options
from vecstore.pretext.option_checks import Range, check_choices, check_ranges
from vecstore.pretext.tower_options import SPACE_OPTIONS, TEXT_OPTIONS, check_tower_options
from vecstore.specs import Option, Options

POOLERS = ("cascade", "parallel")
MOST_BEAMS = 64

OPTIONS = (
    *SIZE_OPTIONS,
    # Narrower than what learns from labels: many small steps matter more than width.
    *backbone_options(width=32),
    *TEXT_OPTIONS,
    Option("writer_layers", int, 2, "Layers of the decoder's upper half, which sees the image"),
    Option("queries", int, 16, "Vectors of an image that the decoder attends to"),
    Option(
        "poolers",
        str,
        "cascade",
        "cascade: an image's vector is made from what the decoder sees; parallel: from the image",
    ),
    *SPACE_OPTIONS,
    Option("contrastive_weight", float, 1.0, "Of telling texts and images of a batch apart"),
    Option("caption_weight", float, 2.0, "Of the captions"),
    Option("word_masking", float, 0.1, "Share of the word pieces hidden in training"),
    *view_options(crop=0.5, flip=0.0, colour=0.8, grey=0.1, blur=0.0, rotation=15.0),
    *training_options(
        batch_size=64, epochs=120.0, learning_rate=1.5e-3, weight_decay=0.05, validation=0.05
    ),
)

_RANGES = {
    "writer_layers": Range(1, 100),
    "queries": Range(1, 4096),
    "word_masking": Range(0.0, 0.9),
    "contrastive_weight": Range(0.0, 1000.0, open=True),
    "caption_weight": Range(0.0, 1000.0, open=True),
}


def check_options(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or one that contradicts another.
    """
    check_image_options(options)
    check_tower_options(options)
    check_view_options(options)
    check_ranges(options, _RANGES)
    check_choices(options, {"poolers": POOLERS})


def check_beams(options: Options) -> None:
    """Raise InvalidArgument where captions cannot be searched for with so many beams."""
    check_ranges(options, {"beams": Range(1, MOST_BEAMS)})


def new_architecture(options: Options, vocabulary: int) -> dict[str, Any]:
    """What beside the backbone has a shape; JSON values.

    Args:
        options: of the task, once checked.
        vocabulary: pieces that the tokenizer knows.
    """
    return {
        "vocabulary": vocabulary,
        "max_length": options["max_length"],
        "width": options["text_width"],
        "heads": options["text_heads"],
        "layers": options["text_layers"],
        "writer_layers": options["writer_layers"],
        "queries": options["queries"],
        "poolers": options["poolers"],
        "dim": options["dim"],
    }
