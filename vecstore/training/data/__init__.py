"""What people hand to a training, read into one form: documents of passages, or a table."""

from vecstore.training.data.columns import DataColumns
from vecstore.training.data.reading import read_data

__all__ = ["DataColumns", "read_data"]
