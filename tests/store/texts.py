"""Sentences for stores of either database."""

import itertools

TEXT = "a dog chases the cat around the old house"
WORDS = ("red", "green", "old", "new", "tall", "small", "warm", "cold", "cat", "dog", "bird", "sea")


def sentences(count):
    """Different ones, of several words each."""
    chosen = itertools.islice(itertools.permutations(WORDS, 5), 0, None, 307)
    return [" ".join(words) for words in itertools.islice(chosen, count)]
