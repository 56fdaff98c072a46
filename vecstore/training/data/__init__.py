"""What people hand to a training, read into one form: documents of passages, a table, images, or
pairs of images and texts.
"""

from vecstore.training.data.columns import DataColumns
from vecstore.training.data.image_rules import ImageRules
from vecstore.training.data.reading import read_data

__all__ = ["DataColumns", "ImageRules", "read_data"]
