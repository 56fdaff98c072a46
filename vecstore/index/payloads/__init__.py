"""Declared payload indexes in memory: which labels satisfy a filter, exactly, without SQL.

Every version of a live label's payload has a *slot*, a number that ascends. For each declared key
an *entry* (value, slot) stands for every scalar under it, by type of value, in sorted runs; so
equality, ranges and prefixes are slices that two binary searches find. All types of value are kept
for every declared key, whatever the declared type, so that a condition on it has one exact answer,
the one of :func:`vecstore.filters.matches`; moments in time are kept where ``datetime`` is
declared.
"""
