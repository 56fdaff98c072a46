"""Full-text search: which records hold the words of a query, best first."""

from vecstore.fulltext.full_text import MAX_QUERY_WORDS, FullText

__all__ = ["MAX_QUERY_WORDS", "FullText"]
