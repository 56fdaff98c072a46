"""What may come in: forms and limits of inputs, ids, payloads and collection names.

Every refusal says what was given (shortened) and what is allowed.
"""

from vecstore.inputs.categories import (
    MAX_CATEGORY_COLUMNS,
    categories_text,
    category_values,
    check_categories,
    check_categories_text,
    parse_categories,
)
from vecstore.inputs.encoded import (
    check_image,
    check_input,
    check_text,
)
from vecstore.inputs.images import (
    FRAMINGS,
    MAX_PIXELS,
    Frame,
    ImageForm,
    Pixels,
    decode_image,
    image_form,
    image_square,
)
from vecstore.inputs.large_images import square_in_turn
from vecstore.inputs.names import (
    MAX_ID_CHARACTERS,
    check_collection_name,
    check_id,
    checked_aliases,
)
from vecstore.inputs.payload import (
    MAX_INT,
    MIN_INT,
    check_payload,
)
from vecstore.inputs.shown import (
    shorten,
    text_flaw,
)

__all__ = [
    "FRAMINGS",
    "MAX_CATEGORY_COLUMNS",
    "MAX_ID_CHARACTERS",
    "MAX_INT",
    "MAX_PIXELS",
    "MIN_INT",
    "Frame",
    "ImageForm",
    "Pixels",
    "categories_text",
    "category_values",
    "check_categories",
    "check_categories_text",
    "check_collection_name",
    "check_id",
    "check_image",
    "check_input",
    "check_payload",
    "check_text",
    "checked_aliases",
    "decode_image",
    "image_form",
    "image_square",
    "parse_categories",
    "shorten",
    "square_in_turn",
    "text_flaw",
]
