"""Records out to files and in from them, for every kind of synchronous collection."""

from vecstore.exchange.columns import Columns
from vecstore.exchange.exporting import export_records
from vecstore.exchange.importing import ImportSummary, OnError, import_records

__all__ = ["Columns", "ImportSummary", "OnError", "export_records", "import_records"]
