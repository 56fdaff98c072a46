import pytest

from vecstore.errors import InvalidInput
from vecstore.pretext.word_corpus import LONGEST, read_corpus
from vecstore.tasks import TextData


def data(*documents):
    return TextData([[d] if isinstance(d, str) else list(d) for d in documents], "0" * 64)


def read(texts, share=0.0, min_count=1, seed=0):
    return read_corpus(texts, share=share, min_count=min_count, seed=seed)


def test_words_are_counted_the_most_frequent_first():
    corpus = read(data("b a c", "b a b"))
    assert list(corpus.counts.items()) == [("b", 3), ("a", 2), ("c", 1)]
    assert corpus.words == 6


def test_rare_words_are_left_out():
    assert set(read(data("b a c", "b a b"), min_count=2).counts) == {"a", "b"}


def test_documents_are_held_out_whole_and_not_counted():
    documents = [[f"w{n} common", f"w{n} other"] for n in range(20)]
    corpus = read(data(*documents), share=0.1)
    assert len(corpus.held_out) == 4
    held = {sentence[0] for sentence in corpus.held_out}
    assert len(held) == 2
    assert not held & set(corpus.counts)
    assert corpus.notes == ()
    assert corpus.unknown() == (4, 8)


def test_the_seed_chooses():
    texts = data(*(f"w{n} common" for n in range(100)))
    first, again, other = (read(texts, share=0.1, seed=seed) for seed in (1, 1, 2))
    assert first.held_out == again.held_out
    assert first.held_out != other.held_out


def test_one_document_gives_passages():
    corpus = read(data([f"w{n} common" for n in range(100)]), share=0.1)
    assert len(corpus.held_out) == 10
    assert "passages were held out instead" in corpus.notes[0]


def test_too_little_to_hold_out_is_said():
    corpus = read(data("a b", "a b"), share=0.1)
    assert corpus.held_out == []
    assert "too few to hold" in corpus.notes[0]


def test_a_long_passage_is_divided():
    corpus = read(data("word " * (LONGEST + 5) + "end"))
    assert [len(sentence) for sentence in corpus.sentences] == [LONGEST, 6]


def test_texts_without_words_are_refused():
    with pytest.raises(InvalidInput, match="not one word in the 2 documents"):
        read(data("...", "!?"))
    with pytest.raises(InvalidInput, match="not one word in the 0 documents"):
        read(data())


def test_too_few_frequent_words_are_refused():
    with pytest.raises(InvalidInput, match=r"only 1 of the 3 words .* set min_count=1") as failed:
        read(data("a b c a"), min_count=2)
    assert failed.value.details["field"] == "min_count"
