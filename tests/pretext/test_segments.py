import pytest

pytestmark = pytest.mark.torch

SENTENCES = ["The cat saw Dr. Smith.", "It ran away!", "Why?", "Nobody knew."]


@pytest.fixture(scope="module")
def tokenizer():
    from vecstore.pretext.wordpieces import train_tokenizer

    return train_tokenizer(SENTENCES * 5, 50, lower_case=True)


def test_sentences_end_where_they_end():
    from vecstore.pretext.segments import sentences_of

    assert sentences_of(" ".join(SENTENCES), "en") == SENTENCES
    assert sentences_of("  ", "en") == []


def lengths(tokenizer, sentences):
    return [len(tokenizer.encode(one, add_special_tokens=False).ids) for one in sentences]


def test_every_sentence_is_a_passage(tokenizer):
    from vecstore.pretext.segments import segments_of

    documents = [[" ".join(SENTENCES[:2]), SENTENCES[2]], [SENTENCES[3]]]
    found = segments_of(tokenizer, documents, 0, 100, "en")
    assert found.pieces.lengths().tolist() == lengths(tokenizer, SENTENCES)
    assert found.document.tolist() == [0, 0, 0, 1]
    assert (found.first.tolist(), found.end.tolist()) == ([0, 3], [3, 4])
    assert found.followed().tolist() == [0, 1]


def test_sentences_are_put_together_to_the_length_asked_for(tokenizer):
    from vecstore.pretext.segments import segments_of

    one, two, three, four = lengths(tokenizer, SENTENCES)
    found = segments_of(tokenizer, [SENTENCES], one + 1, 100, "en")
    assert found.pieces.lengths().tolist()[0] == one + two
    assert sum(found.pieces.lengths()) == one + two + three + four
    assert found.followed().tolist() == list(range(len(found) - 1))


def test_passages_are_cut_off(tokenizer):
    from vecstore.pretext.segments import segments_of

    found = segments_of(tokenizer, [SENTENCES], 0, 3, "en")
    assert found.pieces.lengths().max() == 3
    assert len(found) == 4
