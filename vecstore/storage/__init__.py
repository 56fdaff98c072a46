"""The SQL side: the truth about releases, collections, records and vectors."""
