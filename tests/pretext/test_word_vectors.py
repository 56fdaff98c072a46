import json
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from vecstore.artifacts.folder import Artifact
from vecstore.errors import ArtifactDamaged
from vecstore.pretext import word_vectors
from vecstore.pretext.word_files import (
    VECTORS,
    VOCABULARY,
    WordVectors,
    read_words,
    write_words,
)
from vecstore.records import Input, Modality, Role
from vecstore.testing import EncoderContract

DIM = 16
WORDS = [f"word{n}" for n in range(40)]
SMOOTHING = 1e-2


def trained(ngrams=None, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(WORDS), DIM)).astype(np.float32) + 1.0
    counts = np.array([1000 // (n + 1) for n in range(len(WORDS))])
    made = None if ngrams is None else rng.normal(size=(ngrams, DIM)).astype(np.float32)
    return WordVectors(WORDS, vectors, counts, made)


def component(words):
    return word_vectors.common_component(words, SMOOTHING, [[a, b] for a in WORDS for b in WORDS])


@pytest.fixture
def artifact(tmp_path):
    """(words, smoothing, unknown) -> an artifact, not sealed."""

    def make(words, name="artifact", smoothing=SMOOTHING, unknown="skip"):
        folder = tmp_path / name
        folder.mkdir()
        write_words(folder, words, component(words))
        encoder = word_vectors.encoder_settings(smoothing, unknown)
        files = dict.fromkeys((VECTORS, VOCABULARY))
        return Artifact(folder, SimpleNamespace(name="m@1", encoder=encoder, files=files))

    return make


@pytest.fixture
def encoder(artifact):
    return word_vectors.load(artifact(trained()))


def vectors(encoder, *texts):
    return encoder.encode([Input(Modality.TEXT, text) for text in texts], Role.QUERY)


class TestSkipping(EncoderContract):
    @pytest.fixture
    def reload(self, tmp_path, encoder):
        return lambda: word_vectors.load(
            Artifact(
                tmp_path / "artifact",
                SimpleNamespace(
                    name="m@1",
                    encoder=word_vectors.encoder_settings(SMOOTHING, "skip"),
                    files=dict.fromkeys((VECTORS, VOCABULARY)),
                ),
            )
        )


class TestSubwords(EncoderContract):
    @pytest.fixture
    def encoder(self, artifact):
        return word_vectors.load(artifact(trained(ngrams=64), unknown="subwords"))


def test_a_text_is_the_weighted_mean_without_the_component(encoder):
    words = trained()
    shares = words.counts / words.counts.sum()
    rows = words.vectors * (SMOOTHING / (SMOOTHING + shares))[:, None]
    mean = (rows[0] + rows[5] + rows[5]) / 3
    common = component(words)
    left = mean - (mean @ common) * common
    assert vectors(encoder, "Word0, word5 word5!")[0] == pytest.approx(
        left / np.linalg.norm(left), abs=1e-5
    )


def test_the_component_is_the_first_principal_direction():
    words = trained()
    rows = words.weighted(SMOOTHING)
    means = np.array([(a + b) / 2 for a in rows for b in rows])
    expected = np.linalg.svd(means)[2][0]
    found = component(words)
    assert abs(found @ expected) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    assert found[np.argmax(np.abs(found))] > 0


def test_unknown_words_are_skipped(encoder):
    known, mixed = vectors(encoder, "word1 word2", "word1 qqq word2 zzz")
    assert (known == mixed).all()


def test_a_text_without_known_words_is_the_component(encoder):
    common = component(trained())
    for text in ("", "qqq", "?!"):
        assert (vectors(encoder, text)[0] == common).all()
    others = vectors(encoder, *WORDS, " ".join(WORDS))
    assert np.abs(others @ common).max() < 1e-6


def test_words_that_cancel_each_other_are_as_no_words(artifact):
    base = trained()
    opposite = np.concatenate([base.vectors, -base.vectors])
    counts = np.concatenate([base.counts, base.counts])
    words = WordVectors([*WORDS, *(f"un{word}" for word in WORDS)], opposite, counts)
    encoder = word_vectors.load(artifact(words))
    assert (vectors(encoder, "word3 unword3")[0] == vectors(encoder, "")[0]).all()


def test_what_rounding_leaves_of_them_is_no_vector(artifact):
    base = trained()
    weights = SMOOTHING / (SMOOTHING + base.counts / base.counts.sum())
    rows = base.vectors * weights[:, None]
    third = -(rows[0] + rows[1]) / weights[2]
    changed = np.concatenate([base.vectors[:2], [third], base.vectors[3:]]).astype(np.float32)
    encoder = word_vectors.load(artifact(WordVectors(WORDS, changed, base.counts)))
    found, none = vectors(encoder, "word0 word1 word2", "")
    assert (found == none).all()


def test_unknown_words_are_made_from_subwords(artifact):
    from vecstore.pretext.subwords import buckets_of

    words = trained(ngrams=64)
    encoder = word_vectors.load(artifact(words, unknown="subwords"))
    mean = words.ngrams[buckets_of("qqq", 64)].mean(axis=0)
    common = component(words)
    left = mean - (mean @ common) * common
    assert vectors(encoder, "qqq")[0] == pytest.approx(left / np.linalg.norm(left), abs=1e-5)
    both = vectors(encoder, "word1 qqq", "word1")
    assert not np.allclose(both[0], both[1], atol=1e-2)


def test_very_long_texts_and_many_texts_are_taken_in_pieces(encoder, monkeypatch):
    texts = [" ".join(WORDS[n % 40 :] * (n % 7)) for n in range(100)]
    whole = vectors(encoder, *texts)
    monkeypatch.setattr(word_vectors, "_BLOCK", 10)
    assert np.allclose(vectors(encoder, *texts), whole, atol=1e-6)


def test_a_row_is_the_same_to_the_bit_in_every_batch(encoder):
    texts = [" ".join(WORDS[n : n + n % 9]) for n in range(30)]
    together = vectors(encoder, *texts)
    alone = np.concatenate([vectors(encoder, text) for text in texts])
    assert (together == alone).all()


def fingerprint(artifact):
    return word_vectors.load(artifact).identity().fingerprint


def test_the_identity_covers_all_that_decides_the_numbers(artifact):
    base = trained()
    first = fingerprint(artifact(base))
    assert fingerprint(artifact(base, "again")) == first
    others = [
        fingerprint(artifact(trained(seed=1), "weights")),
        fingerprint(artifact(base, "smoothing", smoothing=1e-3)),
        fingerprint(artifact(base, "unknown", unknown="subwords")),
        fingerprint(artifact(WordVectors(WORDS[::-1], base.vectors, base.counts), "vocabulary")),
        fingerprint(artifact(WordVectors(WORDS, base.vectors, base.counts + 1), "counts")),
    ]
    changed = artifact(base, "component")
    tensors = load_file(changed.folder / VECTORS)
    tensors["component"] = np.roll(tensors["component"], 1)
    save_file(tensors, changed.folder / VECTORS)
    assert len({first, *others, fingerprint(changed)}) == 7


@pytest.mark.parametrize("name", ["encoder", "tokeniser"])
def test_another_revision_is_refused(artifact, name):
    made = artifact(trained())
    made.manifest.encoder[name] = "older/0"
    with pytest.raises(ArtifactDamaged, match=f"has the {name} 'older/0'"):
        word_vectors.load(made)


def test_files_of_something_else_are_refused(artifact):
    made = artifact(trained())
    (made.folder / VOCABULARY).write_text(json.dumps(WORDS[1:]))
    with pytest.raises(ArtifactDamaged, match="39 words and 40 vectors"):
        read_words(made)
    (made.folder / VOCABULARY).write_text("no JSON")
    with pytest.raises(ArtifactDamaged, match="holds no word vectors"):
        read_words(made)
    save_file({"strange": np.zeros(3)}, made.folder / VECTORS)
    with pytest.raises(ArtifactDamaged, match="holds no word vectors"):
        read_words(made)


def test_canaries_hold_known_and_unknown_words_and_nothing(encoder):
    texts = [str(item.data) for item in encoder.canaries()]
    assert WORDS[0] in texts
    assert WORDS[-1] in texts
    assert "" in texts
    none = vectors(encoder, "")[0]
    unknown = [text for text in texts if (vectors(encoder, text)[0] == none).all()]
    assert 2 <= len(unknown) < len(texts) / 2


def test_words_in_any_script_are_kept(artifact):
    base = trained()
    words = WordVectors(["東京", "naïve", "\u2028", *WORDS[3:]], base.vectors, base.counts)
    found, _ = read_words(artifact(words))
    assert list(found.words) == list(words.words)
