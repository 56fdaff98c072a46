import pytest

from vecstore.pretext import subwords

WORDS = ["a", "cat", "whiskers", "été", "東京", "naïve_2", "x" * 30, "𝒳𝒴𝒵", "ﬁ"]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("buckets", [1, 1000, 2_000_000])
def test_the_buckets_are_those_of_gensim(word, buckets):
    pytest.importorskip("gensim")
    from gensim.models.fasttext import ft_ngram_hashes

    expected = ft_ngram_hashes(word, subwords.SMALLEST, subwords.LARGEST, buckets)
    assert subwords.buckets_of(word, buckets) == expected


def test_every_word_has_an_ngram():
    assert len(subwords.buckets_of("a", 100)) == 1
