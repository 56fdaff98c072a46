"""Fitting transforms: what is kept of it, what cannot be fitted, and that a name is taken once."""

import multiprocessing
import os
from dataclasses import replace

import pytest

import vecstore
from tests.store.texts import sentences
from vecstore.transforms import random_projection


def test_what_a_fitted_transform_says_of_itself(store, fitted):
    assert fitted.kind == "pca"
    assert fitted.before == store.space("small@1")
    assert fitted.after == replace(fitted.before, dim=8, transform=f"small-pca8:{fitted.digest}")
    provenance = fitted.provenance
    assert provenance["encoder"] == "small@1"
    assert provenance["data"]["counts"] == {"inputs": 60}
    assert len(provenance["data"]["digest"]) == 64
    assert 1 / 3 < provenance["explained_variance"] < 1
    assert store.transforms.of(fitted.after).digest == fitted.digest
    assert store.transforms.of(fitted.before) is None


def test_progress_is_told(store, small):
    told = []
    store.fit_transform("p", "small", sentences(200), pca=2, on_progress=told.append)
    assert told[0].stage == "reading"
    encoding = [(one.step, one.steps) for one in told if one.stage == "encoding"]
    assert encoding[0] == (0, 200)
    assert encoding[-1] == (200, 200)
    assert len(encoding) > 10


def test_more_data_than_the_limit_is_a_sample(store, small):
    one = store.fit_transform("a", "small", sentences(300), pca=2, limit=50)
    assert one.provenance["data"]["counts"] == {"inputs": 50, "of": 300}
    same = store.fit_transform("b", "small", sentences(300), pca=2, limit=50)
    other = store.fit_transform("c", "small", sentences(300), pca=2, limit=50, seed=1)
    assert one.digest == same.digest != other.digest


UNFITTABLE = [
    ({}, "nothing says how the dims come about"),
    ({"pca": 8, "random": 8, "data": ["x"]}, "both --pca and --random"),
    ({"pca": 8}, "PCA is fitted on data, and none is given"),
    ({"random": 8, "data": ["x"]}, "looks at no data"),
    ({"pca": 24, "data": ["x"]}, "24 dims cannot be made of vectors with 24; give 1 to 23"),
    ({"random": 99}, "99 dims cannot be made of vectors with 24; give 1 to 23"),
    ({"random": 0}, "random is 0"),
    ({"pca": True, "data": ["x"]}, "pca is True"),
    ({"random": 8, "seed": -1}, "seed is -1"),
    ({"pca": 8, "data": ["x"], "limit": 0}, "limit is 0"),
    ({"pca": 8, "data": sentences(23)}, "PCA of 24 dims needs .* 23 were given"),
    # Different ones are what counts.
    ({"pca": 8, "data": sentences(20) * 3}, "PCA of 24 dims needs .* 20 were given"),
    ({"name": "a:b", "random": 8}, "'a:b' is no name of a transform"),
    ({"name": "truncate-8", "random": 8}, "'truncate-8' cannot be a transform's name"),
    ({"encoder": "outside@1", "random": 2}, "external space"),
]


def test_what_cannot_be_fitted(store, small):
    store.declare_space("outside@1", dim=4, provenance="a test")
    for arguments, said in UNFITTABLE:
        given = {"name": "p", "encoder": "small@1", **arguments}
        with pytest.raises(vecstore.InvalidArgument, match=said):
            store.fit_transform(given.pop("name"), given.pop("encoder"), **given)
    assert store.list_transforms() == []


def test_bad_data_is_named_and_nothing_is_kept(store, small):
    with pytest.raises(vecstore.InvalidInput):
        store.fit_transform("p", "small", [*sentences(30), ""], pca=2)
    assert store.list_transforms() == []
    skipped = []
    info = store.fit_transform(
        "p",
        "small",
        [*sentences(30), ""],
        pca=2,
        on_error="skip",
        on_skipped=lambda place, why: skipped.append(place),
    )
    assert info.provenance["data"]["counts"] == {"inputs": 30, "skipped": 1}
    assert len(skipped) == 1


def _unread():
    raise AssertionError("a name that is taken costs no reading")
    yield


def test_a_name_is_taken_once(store, fitted):
    for data, arguments in ((None, {"random": 4}), (_unread(), {"pca": 4})):
        with pytest.raises(vecstore.AlreadyExists, match="small-pca8-2"):
            store.fit_transform("small-pca8", "small", data, **arguments)
    # As for one who was quicker.
    with pytest.raises(vecstore.AlreadyExists):
        store.transforms.add(random_projection(24, 4, 0, "small-pca8"), fitted.before, {})
    assert store.list_transforms() == [fitted]


def _race(path, url, number, barrier, results):
    with vecstore.open(path, database=url) as store:
        drawn = random_projection(384, 8, number, "same")
        space = store.space("hashing@1")
        barrier.wait(30)
        try:
            results.put(store.transforms.add(drawn, space, {}).digest)
        except vecstore.AlreadyExists:
            results.put(None)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_two_processes_one_gets_the_name(request, tmp_path, database):
    url = None if database == "sqlite" else request.getfixturevalue("postgres_url")
    with vecstore.open(tmp_path / "data", database=url) as store:
        store.encoder("hashing@1")
        context = multiprocessing.get_context("spawn")
        barrier, results = context.Barrier(2), context.Queue()
        arguments = [(tmp_path / "data", url, n, barrier, results) for n in range(2)]
        racers = [context.Process(target=_race, args=one) for one in arguments]
        for racer in racers:
            racer.start()
        won = [results.get(timeout=60) for _ in racers]
        for racer in racers:
            racer.join(30)
        assert sorted(digest is None for digest in won) == [False, True]
        assert [info.digest for info in store.list_transforms()] == [next(filter(None, won))]


def test_a_file_whose_name_is_no_text_is_named_all_the_same(opener, tmp_path):
    file = tmp_path / os.fsdecode(b"\xff.txt")
    file.write_text("\n".join(sentences(40)))
    with opener() as store:
        store.register_encoder("small@1", loader="hashing", source="builtin", options={"dim": 24})
        info = store.fit_transform("p", "small", file, pca=8)
    assert info.provenance["data"]["name"] == "?.txt"
