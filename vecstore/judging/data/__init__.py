"""What encoders are judged on, read into one form: inputs (with labels), queries, scored pairs."""

from vecstore.judging.data.columns import InputColumns
from vecstore.judging.data.documents import Documents, read_documents
from vecstore.judging.data.inputs import read_inputs
from vecstore.judging.data.pairs import read_pairs
from vecstore.judging.data.queries import read_queries
from vecstore.judging.data.sampling import even_sample
from vecstore.judging.data.values import Inputs, Queries, ScoredPairs

__all__ = [
    "Documents",
    "InputColumns",
    "Inputs",
    "Queries",
    "ScoredPairs",
    "even_sample",
    "read_documents",
    "read_inputs",
    "read_pairs",
    "read_queries",
]
