"""Tokens are the library's, made in bounded time and memory."""

import json

import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer
from vecstore_open_clip import tokenizers
from vecstore_open_clip.tokenizers import BytePairs

from vecstore.encoders.canary_inputs import TEXTS
from vecstore.errors import InvalidArgument
from vecstore.records import Input, Modality, Role

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("clean", ["lower", "whitespace", "canonicalize"])
@pytest.mark.parametrize("length", [8, 77])
def test_tokens_are_those_of_the_library(clean, length):
    texts = [*TEXTS, "<end_of_text> in it", "a" * 300, " x" * 500]
    expected = SimpleTokenizer(clean=clean, context_length=length)(texts)
    assert torch.equal(BytePairs(length, clean).tokens(texts), expected)


def test_a_long_text_costs_no_more_than_the_context(monkeypatch):
    """Byte pairs take the square of a word's length."""
    made = BytePairs(16, "lower")
    lengths = []
    pairs = made._pairs.bpe

    def counted(word):
        lengths.append(len(word))
        return pairs(word)

    monkeypatch.setattr(made._pairs, "bpe", counted)
    made.tokens(["w" * 100_000, "word " * 100_000])
    assert lengths[0] == 2048
    assert len(lengths) <= 17


def test_words_are_not_remembered_for_ever(monkeypatch):
    monkeypatch.setattr(tokenizers, "_CACHED_WORDS", 10)
    made = BytePairs(16, "lower")
    for start in range(0, 100, 5):
        made.tokens([" ".join(f"word{chr(97 + n % 26)}{n}" for n in range(start, start + 5))])
    assert len(made._pairs.cache) <= 10 + 2 * 16
    assert "<start_of_text>" in made._pairs.cache


def test_the_text_of_tokens():
    made = BytePairs(16, "lower")
    ids = made.tokens(["A red dress!"])[0].tolist()
    assert made.text(ids[1 : ids.index(made.end)]) == "a red dress !"


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """Save a tokenizer of a few words; returns its folder."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    def words(*given):
        known = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *given])}
        inner = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
        inner.pre_tokenizer = pre_tokenizers.Whitespace()
        whole = PreTrainedTokenizerFast(
            tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]"
        )
        folder = tmp_path_factory.mktemp("tokenizer")
        whole.save_pretrained(folder)
        return folder

    return words


@pytest.fixture
def own_tokenizer(described, clip_file):
    config = json.loads(clip_file.read_text())
    config["text_cfg"] |= {"hf_tokenizer_name": "org/words", "vocab_size": 5, "pool_type": "last"}
    return described("own-tokenizer", config)


def test_a_tokenizer_of_a_folder(own_tokenizer, load_model, words):
    first = load_model(f"random:{own_tokenizer}", tokenizer=str(words("red", "dress", "shoe")))
    texts = [Input(Modality.TEXT, text) for text in ("", "red", "dress", "red dress", "hat hat")]
    vectors = first.encode(texts, Role.QUERY)
    assert vectors.shape == (5, 16)
    same = load_model(f"random:{own_tokenizer}", tokenizer=str(words("red", "dress", "shoe")))
    other = load_model(f"random:{own_tokenizer}", tokenizer=str(words("dress", "red", "shoe")))
    assert first.identity() == same.identity() != other.identity()
    assert first.identity().missing == ()
    parts = first.identity().parts["tokenizer"], other.identity().parts["tokenizer"]
    assert {name for name in parts[0] if parts[0][name] != parts[1][name]} == {"model"}


def test_a_tokenizer_beside_the_model(own_tokenizer, load_model, words):
    folder = words("red", "dress", "shoe")
    (folder / "open_clip_config.json").write_text(own_tokenizer.read_text())
    beside = load_model(f"random:{folder}")
    named = load_model(f"random:{own_tokenizer}", tokenizer=str(folder))
    assert beside.identity() == named.identity()


def test_a_tokenizer_of_another_model_is_found_out(own_tokenizer, load_model, words):
    encoder = load_model(
        f"random:{own_tokenizer}", tokenizer=str(words("red", "dress", "shoe", "hat"))
    )
    with pytest.raises(InvalidArgument, match="the token 5, and the model knows 5"):
        encoder.encode([Input(Modality.TEXT, "a hat")], Role.QUERY)


def test_a_damaged_tokenizer_is_refused(own_tokenizer, load_model, words):
    folder = words("red")
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(InvalidArgument, match="cannot be read"):
        load_model(f"random:{own_tokenizer}", tokenizer=str(folder))
