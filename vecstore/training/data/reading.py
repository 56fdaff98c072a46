"""The way in: data of any form that is known, to what a task learns from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vecstore.config import Settings
from vecstore.errors import InvalidArgument
from vecstore.tasks import DataKind, TrainingData
from vecstore.training.data.columns import DataColumns
from vecstore.training.data.image_rules import ImageRules
from vecstore.training.data.images import read_images, read_labelled
from vecstore.training.data.pairs import read_pairs
from vecstore.training.data.tables import read_table
from vecstore.training.data.texts import read_text

_IMAGES: dict[DataKind, Callable[[Any, DataColumns, Settings, ImageRules], TrainingData]] = {
    DataKind.IMAGES: read_images,
    DataKind.LABELLED_IMAGES: read_labelled,
    DataKind.PAIRS: read_pairs,
}


def read_data(
    kind: DataKind,
    data: object,
    columns: DataColumns,
    settings: Settings,
    rules: ImageRules | None = None,
) -> TrainingData:
    """Read training data.

    Text is one of

    - the path of a plain file: every line is a passage, a blank line ends a document (a file
      without one is a single document);
    - the path of a folder: every .txt file below it is a document, in the order of their paths,
      and its lines are passages. Hidden files, and folders behind links, are passed over;
    - the path of JSON lines, CSV or TSV: every row is a document, or those that share a value in
      the document column are, in the order of first appearance;
    - an iterable of str: each is a document;
    - an iterable of sequences of str: each sequence is a document;
    - rows as mappings, a mapping of columns to sequences, a data frame, or a Hugging Face data
      set: as the rows of a file.

    A table is a file of rows or the last of these. Files may be packed with gzip (.gz). White
    space around a passage is taken away, and blank passages are passed over.

    Images are PNG, JPEG and WebP, whatever their names say. They are one of

    - the path of a folder: every image below it, in the order of their paths, again without what
      is hidden or behind a linked folder. For images with labels, the first folder below is the
      label;
    - the path of JSON lines, CSV or TSV whose column of images holds paths, from the file's own
      folder or from ``rules.folder``, and not out of it;
    - an iterable of images: bytes, paths, Pillow images, or mappings with "bytes" or "path" as
      Hugging Face data sets give them;
    - an iterable of pairs of an image and its label or text;
    - rows as mappings, a mapping of columns, a data frame or a Hugging Face data set, whose column
      of images holds any of these.

    They are decoded once, several at a time, to squares. Images with texts need rows or pairs; an
    image that comes with several texts is kept once.

    Args:
        kind: what the task learns from.
        data: see above.
        columns: which column is what.
        settings: for the limits of one passage, and of one image.
        rules: how images are read, and what becomes of those that cannot be used; None for tasks
            that learn from something else.

    Returns:
        All of it, in memory (many images: in a memory map). Its digest is that of the content, in
        whatever form it came; images that Pillow has decoded already have one of their own.

    Raises:
        InvalidArgument: nothing is at the path, or the columns named do not go with the data.
        InvalidInput: the content does not serve; the message names the line, the row
            or the file.
    """
    if kind in _IMAGES:
        if rules is None:
            raise InvalidArgument(f"{kind} cannot be read without rules for images", field="rules")
        return _IMAGES[kind](data, columns, settings, rules)
    if kind is DataKind.TABLE:
        return read_table(data, columns)
    return read_text(data, columns, settings)
