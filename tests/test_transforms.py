"""Fewer dims: what each kind of transform does to vectors."""

import numpy as np
import pytest

from vecstore import transforms as module
from vecstore.errors import InvalidArgument, NotFound
from vecstore.records import EncoderInfo
from vecstore.spaces import Space
from vecstore.transforms import (
    Transform,
    TransformInfo,
    TransformKind,
    check_name,
    explained_variance,
    fit_pca,
    random_projection,
    transformed_space,
    truncated,
    truncation,
)

SPACE = Space("model", "1", 6, "f" * 64)


@pytest.fixture
def values():
    """600 vectors that differ most in two directions, which are no axes."""
    random = np.random.default_rng(5)
    hidden = random.standard_normal((600, 2)) * [5.0, 3.0]
    directions = np.linalg.qr(random.standard_normal((6, 2)))[0]
    noise = 0.1 * random.standard_normal((600, 6))
    return (hidden @ directions.T + noise + 1.0).astype(np.float32)


def test_truncation_keeps_the_first_numbers(values):
    cut = truncation(3, 6)
    assert (cut.name, cut.identity, cut.digest, cut.kind) == (
        "truncate-3",
        "truncate-3",
        "",
        "truncate",
    )
    given = cut.apply(values, normalized=False)
    assert given.dtype == np.float32
    np.testing.assert_array_equal(given, values[:, :3])
    given[:] = 0
    assert values[:, :3].any()


def test_what_comes_of_unit_vectors_has_length_one_again(values):
    values[0, :3] = 0
    unit = truncation(3, 6).apply(values, normalized=True)
    lengths = np.linalg.norm(unit, axis=1)
    np.testing.assert_allclose(lengths[1:], 1, rtol=1e-6)
    assert lengths[0] == 0
    np.testing.assert_allclose(
        unit[1:] * np.linalg.norm(values[1:, :3], axis=1, keepdims=True), values[1:, :3], rtol=1e-5
    )


def test_pca_finds_the_directions_of_the_most_variance(values):
    pca = fit_pca(values, 2, "two")
    np.testing.assert_allclose(pca.matrix.T @ pca.matrix, np.eye(2), atol=1e-6)
    assert explained_variance(values, pca) > 0.99
    assert explained_variance(values, truncation(2, 6)) < 0.9
    # The same subspace as that of a singular value decomposition of the centred vectors.
    centred = (values - values.mean(axis=0)).astype(np.float64)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    np.testing.assert_allclose(np.abs(np.sum(directions * pca.matrix.T, axis=1)), 1, atol=1e-4)
    # The first has the most.
    spread = pca.apply(values, normalized=False).std(axis=0)
    assert spread[0] > spread[1]


def test_pca_looks_at_all_rows_part_by_part(values, monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 7)
    pca = fit_pca(values, 2, "two")
    spread = np.cov(values.astype(np.float64), rowvar=False)
    share = np.sort(np.linalg.eigvalsh(spread))[-2:].sum() / np.trace(spread)
    assert explained_variance(values, pca) == pytest.approx(share, rel=1e-6)
    cut = np.trace(spread[:3, :3]) / np.trace(spread)
    assert explained_variance(values, truncation(3, 6)) == pytest.approx(cut, rel=1e-9)


def test_pca_of_equal_data_is_the_same_transform(values):
    assert fit_pca(values, 2, "a").digest == fit_pca(values.copy(), 2, "b").digest


def test_pca_needs_as_many_vectors_as_dims(values):
    fit_pca(values[:6], 2, "six")
    with pytest.raises(InvalidArgument, match=r"PCA of 6 dims .* 5 were given.* truncate-2"):
        fit_pca(values[:5], 2, "five")


def test_no_variance_at_all_is_kept_whole():
    same = np.ones((8, 6), np.float32)
    assert explained_variance(same, truncation(2, 6)) == 1.0


def test_a_random_projection_is_orthogonal_and_of_its_seed():
    drawn = random_projection(6, 3, 7, "r")
    assert drawn.matrix.shape == (6, 3)
    np.testing.assert_allclose(drawn.matrix.T @ drawn.matrix, np.eye(3), atol=1e-6)
    assert drawn.digest == random_projection(6, 3, 7, "other").digest
    assert drawn.digest != random_projection(6, 3, 8, "r").digest


def test_a_row_does_not_depend_on_its_neighbours(values):
    pca = fit_pca(values, 3, "three")
    alone = pca.apply(values[4:5], normalized=True)
    np.testing.assert_allclose(alone[0], pca.apply(values, normalized=True)[4], atol=1e-6)


@pytest.mark.parametrize("dim", [0, -1, 6, 7])
def test_dims_must_become_fewer(values, dim):
    for make in (
        lambda: truncation(dim, 6),
        lambda: fit_pca(values, dim, "p"),
        lambda: random_projection(6, dim, 0, "r"),
    ):
        with pytest.raises(InvalidArgument, match=f"^{dim} dims .* 1 to 5$"):
            make()


def test_the_digest_covers_all_that_it_does():
    one = Transform("a", TransformKind.PCA, 6, 2, np.zeros((6, 2), np.float32))
    others = [
        Transform("a", TransformKind.RANDOM, 6, 2, one.matrix),
        Transform("a", TransformKind.PCA, 4, 3, one.matrix.reshape(4, 3)),
        Transform("a", TransformKind.PCA, 6, 2, one.matrix + np.float32(1e-7)),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 4
    assert one.space(SPACE) == Space("model", "1", 2, SPACE.fingerprint, f"a:{one.digest}")


@pytest.mark.parametrize(
    "name", ["truncate", "truncate-", "truncate-0", "truncate-x", "truncate-03", "Truncate-3"]
)
def test_a_truncation_must_say_to_how_many_dims(name):
    with pytest.raises(InvalidArgument, match="from 1 to 5, such as truncate-3") as caught:
        truncated(name, SPACE)
    assert repr(name) in caught.value.message


def test_a_name_of_something_else_is_no_truncation():
    assert truncated("pca-3", SPACE) is None
    assert truncated("truncate-3", SPACE).dim == 3


@pytest.mark.parametrize(
    "name",
    ["", "a:b", "a+b", "a/b", "-a", ".a", "a b", "ä", "x" * 129, "truncate-3", "truncated", 3],
)
def test_names_that_no_transform_may_have(name):
    with pytest.raises(InvalidArgument):
        check_name(name)


def info(name, before=SPACE):
    drawn = random_projection(before.dim, 2, 0, name)
    return TransformInfo(name, drawn.kind, before, drawn.space(before))


def encoder(loader="hashing", space=SPACE):
    return EncoderInfo("model@1", loader, (), space)


def test_the_space_that_a_name_stands_for():
    infos = [info("a"), info("b")]
    assert transformed_space("b", encoder(), infos) == infos[1].after
    assert transformed_space("truncate-2", encoder(), []) == truncation(2, 6).space(SPACE)
    assert infos[1].after.transform == f"b:{infos[1].digest}"


def test_a_name_that_is_not_there():
    with pytest.raises(NotFound, match=r"'c' of model@1; there are: a, b. .*--pca N"):
        transformed_space("c", encoder(), [info("a"), info("b")])
    with pytest.raises(NotFound, match="none yet"):
        transformed_space("c", encoder(), [])


@pytest.mark.parametrize(
    "other",
    [
        Space("other", "1", 6, "f" * 64),
        Space("model", "2", 6, "f" * 64),
        Space("model", "1", 6, "e" * 64),
    ],
)
def test_a_transform_of_another_encoder(other):
    with pytest.raises(InvalidArgument, match=f"made for vectors of {other.model}@{other.version}"):
        transformed_space("a", encoder(), [info("a", other)])


def test_vectors_made_elsewhere_are_not_transformed_here():
    with pytest.raises(InvalidArgument, match=r"external space: .*encoders declare"):
        transformed_space("truncate-2", encoder("external"), [])


def test_a_transform_is_not_named_by_anything_but_text():
    with pytest.raises(InvalidArgument, match="transform is 128"):
        truncated(128, SPACE)
