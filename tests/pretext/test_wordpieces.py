import random
from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import InvalidInput

pytestmark = pytest.mark.torch

WORDS = [
    "banana",
    "bandana",
    "cabana",
    "savanna",
    "havana",
    "panama",
    "canada",
    "manana",
    "ananas",
    "cannon",
]


@pytest.fixture(scope="module")
def texts():
    rng = random.Random(1)
    return [" ".join(rng.choices(WORDS, k=8)) + "." for _ in range(200)]


@pytest.fixture(scope="module")
def tokenizer(texts):
    from vecstore.pretext.wordpieces import train_tokenizer

    return train_tokenizer(texts, 50, lower_case=True)


def test_it_has_the_pieces_asked_for(tokenizer, texts):
    from vecstore.pretext.wordpieces import SPECIALS

    assert tokenizer.get_vocab_size() == 50
    assert [tokenizer.id_to_token(number) for number in range(5)] == list(SPECIALS)
    assert "[UNK]" not in tokenizer.encode(texts[0]).tokens
    assert tokenizer.encode("banana").tokens[0] == "[CLS]"
    assert tokenizer.encode("").tokens == ["[CLS]", "[SEP]"]


def test_case_is_dropped_or_kept(tokenizer, texts):
    from vecstore.pretext.wordpieces import train_tokenizer

    assert tokenizer.encode("Banana").ids == tokenizer.encode("banana").ids
    cased = train_tokenizer([*texts, "B " * 5], 50, lower_case=False)
    assert cased.encode("Banana").ids != cased.encode("banana").ids


def test_too_few_pieces_are_refused_with_both_numbers(texts):
    from vecstore.pretext.wordpieces import train_tokenizer

    with pytest.raises(
        InvalidInput, match=r"give (\d+) word pieces.* asks for 5000; set"
    ) as caught:
        train_tokenizer(texts, 5000, lower_case=True)
    found = int(caught.value.message.split()[3])
    assert train_tokenizer(texts, found, lower_case=True).get_vocab_size() == found


def test_training_twice_gives_the_same(tokenizer, texts):
    from vecstore.pretext.wordpieces import train_tokenizer

    again = train_tokenizer(texts, 50, lower_case=True)
    assert again.to_str() == tokenizer.to_str()


def test_the_digest_is_that_of_what_decides_the_pieces(tokenizer, texts, tmp_path):
    from vecstore.pretext.wordpieces import tokenizer_digest, train_tokenizer, write_tokenizer

    def digest(tokenizer):
        write_tokenizer(tokenizer, tmp_path / "t.json")
        return tokenizer_digest(tmp_path / "t.json")

    before = digest(tokenizer)
    tokenizer.enable_truncation(8)
    assert digest(tokenizer) == before
    assert digest(train_tokenizer(texts, 40, lower_case=True)) != before


def test_long_texts_become_several(tokenizer):
    from vecstore.pretext.wordpieces import to_pieces

    ids = tokenizer.encode("banana cannon panama " * 3, add_special_tokens=False).ids
    longest = len(ids) // 2
    pieces = to_pieces(tokenizer, ["banana", "", "banana cannon panama " * 3], longest)
    assert len(pieces) == 1 + -(-len(ids) // longest)
    assert pieces.ids[pieces.starts[1] :].tolist() == ids
    assert pieces.lengths().max() == longest


def test_rows_are_filled_up_to_the_longest():
    from vecstore.pretext.wordpieces import pieces_of

    pieces = pieces_of([[7, 8, 9], [5], [6, 6]])
    rows, inside = pieces.rows(np.array([1, 0]), 2, 3, most=5)
    assert rows.tolist() == [[2, 5, 3, 0, 0], [2, 7, 8, 9, 3]]
    assert inside.tolist() == [
        [False, True, False, False, False],
        [False, True, True, True, False],
    ]


def test_pieces_that_go_on_with_a_word_are_known(tokenizer):
    from vecstore.pretext.wordpieces import continuing

    marks = continuing(tokenizer)
    assert marks.shape == (50,)
    assert marks.any()
    assert all(tokenizer.id_to_token(n).startswith("##") == marks[n] for n in range(50))


@pytest.mark.parametrize(
    ("longest", "most", "width"), [(5, 64, 8), (8, 64, 8), (9, 64, 16), (61, 62, 62), (5, 5, 5)]
)
def test_batches_have_few_widths(longest, most, width):
    from vecstore.pretext.wordpieces import batch_width

    assert batch_width(longest, most) == width


def test_two_processes_may_write_it_at_once(tmp_path, monkeypatch):
    from vecstore.pretext.wordpieces import read_tokenizer, train_tokenizer, write_tokenizer

    tokenizer, file = train_tokenizer(["red fox"] * 9, 20, True, fewer=True), tmp_path / "t.json"
    write = Path.write_text

    def overtaken(self, *text, **settings):
        write(self, *text, **settings)
        monkeypatch.undo()
        write_tokenizer(tokenizer, file)

    monkeypatch.setattr(Path, "write_text", overtaken)
    write_tokenizer(tokenizer, file)
    assert read_tokenizer(file).to_str() == tokenizer.to_str()
    assert list(tmp_path.iterdir()) == [file]
