"""Texts as rows of pieces, the odd ones too, and a tokenizer that is kept."""

import numpy as np
import pytest

from vecstore.pretext.image_text import SPEC

pytestmark = pytest.mark.torch

TEXTS = ["red fox", "blue whale", "Red  FOX", ""]


@pytest.fixture(scope="module")
def tokenizer():
    from vecstore.pretext.wordpieces import train_tokenizer

    return train_tokenizer(TEXTS, 60, True, fewer=True)


def test_a_text_of_no_piece_has_its_marks(tokenizer):
    from vecstore.pretext.tower_tokens import token_rows, whole_texts

    for texts in ([""], TEXTS):
        pieces = whole_texts(tokenizer, texts, 8)
        _, mask = token_rows(pieces, np.array([len(texts) - 1]), 8)
        assert mask.sum(dim=1).tolist() == [2]


def test_texts_of_the_same_pieces_are_alike(tokenizer):
    from vecstore.pretext.tower_tokens import alike, whole_texts

    assert alike(whole_texts(tokenizer, TEXTS, 8)).tolist() == [0, 1, 0, 2]


def test_there_may_be_fewer_pieces_than_the_vocabulary_allows(plain_run):
    from vecstore.pretext.tower_tokens import pair_tokenizer

    run = plain_run(SPEC, options={"vocabulary": 500})
    assert pair_tokenizer(run, None, TEXTS).get_vocab_size() < 500


def test_an_interrupted_training_goes_on_with_its_tokenizer(plain_run):
    from vecstore.pretext.tower_tokens import pair_tokenizer

    run = plain_run(SPEC, options={"vocabulary": 500})
    first = pair_tokenizer(run, None, TEXTS)
    assert pair_tokenizer(run, None, ["other words"]).to_str() == first.to_str()
