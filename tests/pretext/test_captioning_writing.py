"""Captions: the same ones always, of bounded length, in readable text."""

from dataclasses import dataclass

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("one_thread")]

TEXTS = [
    "red face",
    "blue face with a hat",
    "heart-eyes",
    "flag: France",
    "playing the game (a hat)",
    "what's this?",
    "a, the",
]


@pytest.fixture(scope="module")
def tokenizer():
    from vecstore.pretext.wordpieces import train_tokenizer

    return train_tokenizer(TEXTS * 4, 120, lower_case=True, fewer=True)


@dataclass
class Foretold:
    """A model whose next piece depends on the last one only, by a table of probabilities."""

    table: dict
    vocabulary: int
    max_length: int = 8

    @property
    def architecture(self):
        return {"max_length": self.max_length}

    def parameters(self):
        import torch

        yield torch.zeros(1)

    def see(self, pixels):
        return pixels.flatten(1)[:, None], None

    def scores(self, input_ids, attention_mask, seen):
        import torch

        scores = torch.full((*input_ids.shape, self.vocabulary), 1e-9)
        for row, ids in enumerate(input_ids.tolist()):
            for piece, share in self.table.get(ids[-1], {}).items():
                scores[row, -1, piece] = share
        return scores.log()


@pytest.fixture
def written(tokenizer):
    """(table of pieces, beams, max_length) -> the caption."""
    import torch

    from vecstore.pretext.captioning_writing import Writer

    ids = tokenizer.get_vocab()

    def written(table, beams=1, **settings):
        table = {
            ids[last]: {ids[piece]: share for piece, share in following.items()}
            for last, following in table.items()
        }
        model = Foretold(table, len(ids), **settings)
        return Writer(model, tokenizer, beams).caption(torch.zeros(1, 3, 2, 2))

    return written


def test_the_likeliest_pieces_are_taken(written):
    table = {
        "[CLS]": {"red": 0.6, "blue": 0.4},
        "red": {"face": 0.9, "[SEP]": 0.1},
        "face": {"[SEP]": 1.0},
    }
    assert written(table) == "red face"


def test_beams_find_what_one_step_at_a_time_does_not(written):
    table = {
        "[CLS]": {"red": 0.6, "blue": 0.4},
        "red": {"face": 0.2, "hat": 0.2, "a": 0.2, "with": 0.2, "the": 0.2},
        "blue": {"face": 1.0},
        **{piece: {"[SEP]": 1.0} for piece in ("face", "hat", "a", "with", "the")},
    }
    assert written(table).startswith("red")
    assert written(table, beams=3) == "blue face"


@pytest.mark.parametrize("beams", [1, 3])
def test_a_caption_without_end_is_cut(written, beams):
    table = {"[CLS]": {"red": 1.0}, "red": {"red": 1.0}}
    assert written(table, beams=beams, max_length=6) == "red red red red"


@pytest.mark.parametrize("piece", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
@pytest.mark.parametrize("beams", [1, 3])
def test_a_caption_begins_with_text_and_holds_no_special_pieces(written, piece, beams):
    table = {
        "[CLS]": {piece: 0.9, "face": 0.1},
        "face": {"[SEP]": 0.05, "hat": 0.05} | ({} if piece == "[SEP]" else {piece: 0.9}),
        "hat": {"[SEP]": 1.0},
    }
    assert written(table, beams=beams) in {"face", "face hat"}


def test_a_caption_does_not_begin_within_a_word(written, tokenizer):
    inner = next(piece for piece in tokenizer.get_vocab() if piece.startswith("##"))
    table = {"[CLS]": {inner: 0.9, "face": 0.1}, "face": {"[SEP]": 1.0}}
    assert written(table) == "face"


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_become_the_text_that_they_came_from(tokenizer, text):
    from vecstore.pretext.captioning_writing import Writer

    writer = Writer(Foretold({}, tokenizer.get_vocab_size()), tokenizer, beams=1)
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert writer.text_of(ids) == text.lower()
