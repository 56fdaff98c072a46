import subprocess
import sys

import numpy as np
import pytest

from vecstore.encoders.hashing import SPEC, HashingEncoder, load
from vecstore.encoders.options import resolve_options
from vecstore.errors import InvalidArgument
from vecstore.records import Input, Modality, Role

TEXTS = ("copy a directory tree", "Copy  A Directory TREE", "a", "", "?!", "...", "色は匂へど")


def encode(*texts, dim=384):
    inputs = [Input(Modality.TEXT, text) for text in texts]
    return HashingEncoder(dim).encode(inputs, Role.DOCUMENT)


def test_every_text_has_a_vector_of_unit_length():
    vectors = encode(*TEXTS, "\ud800", "x" * 100_000, dim=8)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS) + 2, 8)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_features_that_cancel_still_leave_a_direction():
    """A text of one letter has two features: in 8 dims, they cancel for one letter in 16."""
    letters = [chr(sign) for sign in range(0x430, 0x450)] + list("abcdefghijklmnopqrstuvwxyz")
    assert np.allclose(np.linalg.norm(encode(*letters, dim=8), axis=1), 1.0, atol=1e-6)


def test_case_width_and_space_do_not_matter():
    plain, shouted, wide = encode("copy tree", "COPY\tTREE", "\uff43opy\u3000tree")
    assert np.array_equal(plain, shouted)
    assert np.array_equal(plain, wide)


def test_composed_and_decomposed_signs_are_one():
    composed, decomposed = encode("caf\u00e9", "cafe\u0301")
    assert np.array_equal(composed, decomposed)


def test_order_of_words_and_their_spelling_matter():
    query, same, turned, typo, other = encode(
        "copy a tree", "copy a tree!", "tree a copy", "copi a tree", "sort numbers"
    )
    assert query @ same == pytest.approx(1.0, abs=1e-6)
    assert 0.5 < query @ turned < 0.99
    assert query @ other < 0.3 < query @ typo < 0.99


def test_signs_alone_are_told_apart():
    question, dots = encode("?!", "...")
    assert abs(question @ dots) < 0.5


def test_numbers_are_the_same_in_another_process_and_for_another_hash_seed():
    code = (
        "from vecstore.encoders.hashing import HashingEncoder as E;"
        "from vecstore.records import Input, Modality, Role;"
        "v = E().encode([Input(Modality.TEXT, 'copy a directory tree')], Role.QUERY);"
        "print(v.tobytes().hex())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.strip() == encode("copy a directory tree").tobytes().hex()


def test_the_numbers_of_revision_1_never_change():
    """Stores hold vectors of hashing@1: whoever changes them must raise the revision."""
    vector = encode("copy a directory tree, 色は匂へど", dim=8)[0]
    assert vector.tolist() == pytest.approx(GOLDEN, abs=1e-6)
    assert HashingEncoder(8).identity().parts["revision"] == 1


GOLDEN = [-0.2681703, -0.1257892, 0.0384553, 0.7774957, -0.3583721, 0.2843293, 0.133376, 0.2814614]


def test_the_dimension_is_part_of_the_identity():
    assert HashingEncoder(64).identity().fingerprint != HashingEncoder(65).identity().fingerprint
    assert HashingEncoder(64).identity().fingerprint == HashingEncoder(64).identity().fingerprint


@pytest.mark.parametrize("dim", [0, 7, -1, 65_537])
def test_a_dimension_out_of_range_is_refused(dim):
    with pytest.raises(InvalidArgument, match=f"dim is {dim}"):
        load("", resolve_options(SPEC, {"dim": dim}))


def test_a_source_is_refused_as_there_is_nothing_to_read():
    with pytest.raises(InvalidArgument, match="/some/model"):
        load("/some/model", resolve_options(SPEC, {}))
