"""The options of masked patches, and what they may be."""

from __future__ import annotations

from vecstore.errors import InvalidArgument
from vecstore.pretext.image_options import (
    SIZE_OPTIONS,
    check_image_options,
    check_patches,
    training_options,
)
from vecstore.pretext.image_view_options import check_view_options, view_options
from vecstore.pretext.option_checks import Range, check_ranges
from vecstore.specs import Option, Options

OPTIONS = (
    *SIZE_OPTIONS,
    Option("patch", int, 8, "Side of a patch, in pixels"),
    Option("width", int, 192, "Of the vectors; a multiple of 4"),
    Option("depth", int, 4, "Layers of the encoder"),
    Option("heads", int, 6, "Attention heads in each layer of the encoder"),
    Option("decoder_width", int, 96, "Of the decoder, which is dropped; a multiple of 4"),
    Option("decoder_depth", int, 1, "Layers of the decoder"),
    Option("decoder_heads", int, 3, "Attention heads in each layer of the decoder"),
    Option("mask_share", float, 0.75, "Share of the patches that are hidden"),
    Option(
        "normalised_targets",
        bool,
        True,
        "Paint each patch with its own brightness and contrast taken out",
    ),
    # Masks are nearly enough of a variation (section 4.1 of the paper): cuts, and no more.
    *view_options(crop=0.4, flip=0.5, colour=0.0, grey=0.0, blur=0.0, rotation=0.0),
    *training_options(
        batch_size=64, epochs=60.0, learning_rate=1.5e-3, weight_decay=0.05, validation=0.05
    ),
)

_RANGES = {
    "decoder_width": Range(4, 4096),
    "decoder_depth": Range(1, 100),
    "decoder_heads": Range(1, 256),
    "mask_share": Range(0.0, 1.0, open=True),
}
_WAVES = 4  # a position is a sine and a cosine of each of two coordinates


def check_options(options: Options) -> None:
    """Refuse options of no meaning.

    Raises:
        InvalidArgument: an option out of its range, or one that contradicts another.
    """
    check_image_options(options)
    check_view_options(options)
    check_ranges(options, _RANGES)
    check_patches(options)
    _check_multiple(options, "decoder_width", options["decoder_heads"], "decoder_heads")
    for name in ("width", "decoder_width"):
        _check_multiple(options, name, _WAVES)
    check_mask(options["mask_share"], (options["image_size"] // options["patch"]) ** 2)


def check_mask(share: float, patches: int) -> None:
    """Raise InvalidArgument where no patch of an image would be visible, or none hidden."""
    visible = int(patches * (1 - share))
    if not 0 < visible < patches:
        raise InvalidArgument(
            f"mask_share is {share:g}, and an image has {patches} patches: {visible} of them would "
            "be visible, and one at least must be visible and one hidden; set another mask_share, "
            "or a smaller patch",
            field="mask_share",
        )


def _check_multiple(options: Options, name: str, of: int, option: str | None = None) -> None:
    if options[name] % of:
        wanted = f"{option}, which is {of}" if option else str(of)
        raise InvalidArgument(
            f"{name} is {options[name]}; it must be a multiple of {wanted}", field=name
        )
