"""The way in: data of any form that is known, to what a task learns from."""

from __future__ import annotations

from vecstore.config import Settings
from vecstore.tasks import DataKind, TrainingData
from vecstore.training.data.columns import DataColumns
from vecstore.training.data.tables import read_table
from vecstore.training.data.texts import read_text


def read_data(
    kind: DataKind, data: object, columns: DataColumns, settings: Settings
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

    Args:
        kind: what the task learns from.
        data: see above.
        columns: which column is what.
        settings: for ``max_text_bytes``, the limit of one passage.

    Returns:
        All of it, in memory. Its digest is that of the content, in whatever form it came.

    Raises:
        InvalidArgument: nothing is at the path, or the columns named do not go with the data.
        InvalidInput: the content does not serve; the message names the line or row.
    """
    if kind is DataKind.TABLE:
        return read_table(data, columns)
    return read_text(data, columns, settings)
