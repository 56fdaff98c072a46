"""What encoders stand beside: words by their rarity, and the pixels themselves."""

import io

import numpy as np
from PIL import Image

import vecstore
from tests.judging.toys import names
from vecstore.judging.baselines import baselines_of
from vecstore.judging.data import read_inputs
from vecstore.records import Modality


def test_a_baseline_that_says_nothing_is_left_out_and_said_so(store):
    data = [("!", "a"), ("?", "b"), ("!!", "a"), ("??", "b"), ("...", "a")]
    (found,) = store.evaluate("small@1", labelled=data)
    assert names(found) == ["small@1"]
    assert "the baseline TF-IDF was left out: the texts hold no words" in found.skipped


def test_tfidf_of_documents_knows_the_words_of_queries():
    (baseline,) = baselines_of(Modality.TEXT)
    given = read_inputs(["red cat", "blue dog"], vecstore.Settings(), labelled=False).inputs
    held, asked = baseline.vectors(given, given[1:])
    assert (held @ asked.T).toarray().argmax() == 1
    assert held.shape[1] == 4


def test_whitened_pixels_have_variance_one_and_equal_images_none():
    rng = np.random.default_rng(0)

    def images(count, draw):
        files = []
        for _ in range(count):
            file = io.BytesIO()
            Image.fromarray(draw()).save(file, "PNG")
            files.append(file.getvalue())
        return read_inputs(files, vecstore.Settings(), labelled=False).inputs

    raw, whitened = baselines_of(Modality.IMAGE)
    given = images(9, lambda: rng.integers(0, 256, (32, 32, 3)).astype(np.uint8))
    rows, _ = whitened.vectors(given, ())
    np.testing.assert_allclose(rows.var(axis=0, ddof=1), np.ones(8), rtol=1e-3)
    pixels, _ = raw.vectors(images(1, lambda: np.zeros((32, 32, 3), np.uint8)), ())
    assert (pixels == -1).all()
    greys = iter((127, 128))  # no even grey has a vector without a direction
    pixels, _ = raw.vectors(images(2, lambda: np.full((32, 32, 3), next(greys), np.uint8)), ())
    assert pixels.all()
