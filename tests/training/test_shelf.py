"""Trained models are listed, shown, exported and imported."""

import shutil

import numpy as np
import pytest

from vecstore.artifacts.bundle import write_bundle
from vecstore.artifacts.folder import seal_artifact
from vecstore.errors import (
    AlreadyExists,
    ArtifactDamaged,
    EncoderNotFound,
    InvalidArgument,
    ModelDrift,
)


@pytest.fixture
def other(tmp_path, open_with):
    with open_with(tmp_path / "other") as store:
        yield store


def test_only_trained_models_are_listed(train, store):
    store.encode("hashing@1", ["x"])
    assert store.list_models() == []
    train(name="b")
    train(name="a")
    assert [info.name for info in store.list_models()] == ["a@1", "b@1"]
    assert store.model("a").manifest == store.list_models()[0].manifest


def test_what_was_not_trained_is_not_shown(store):
    with pytest.raises(InvalidArgument, match="hashing@1 was not trained"):
        store.model("hashing@1")
    with pytest.raises(EncoderNotFound):
        store.model("nobody@1")


def test_an_exported_model_is_the_same_space_elsewhere(train, store, other, tmp_path):
    info = train()
    digest = store.export_model("ab@1", tmp_path / "ab.vecstore")
    imported = other.import_model(tmp_path / "ab.vecstore")
    assert imported.space == info.space
    assert imported.manifest == info.manifest
    assert imported.manifest.digest == digest
    vector = store.encode("ab@1", ["fox"])[0]
    docs = other.create_collection("docs", encoder="ab@1")
    assert docs.search(vector) == ()


def test_a_name_that_is_taken_is_not_imported(train, store, tmp_path):
    train()
    store.export_model("ab@1", tmp_path / "ab.vecstore")
    with pytest.raises(AlreadyExists):
        store.import_model(tmp_path / "ab.vecstore")


def test_an_altered_file_changes_nothing(train, store, other, tmp_path):
    train()
    file = tmp_path / "ab.vecstore"
    store.export_model("ab@1", file)
    weights = (store.models.places.artifact("ab@1") / "model.safetensors").read_bytes()
    raw = file.read_bytes()
    place = raw.index(weights) + len(weights) - 1
    file.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
    with pytest.raises(ArtifactDamaged):
        other.import_model(file)
    assert other.list_models() == []
    assert not other.models.places.artifact("ab@1").exists()


def test_a_machine_that_computes_something_else_is_found_out(
    train, store, tmp_path, open_with, letters
):
    from dataclasses import replace

    train()
    store.export_model("ab@1", tmp_path / "ab.vecstore")
    bent = replace(letters, load=lambda artifact, options: _twisted(letters, artifact))
    with open_with(tmp_path / "bent", bent) as other:
        with pytest.raises(ModelDrift, match="canaries"):
            other.import_model(tmp_path / "ab.vecstore")
        assert other.list_models() == []
        assert not other.models.places.artifact("ab@1").exists()


def _twisted(letters, artifact):
    encoder = letters.load(artifact, {"scale": 1.0})
    straight = encoder.encode
    encoder.encode = lambda inputs, role: straight(inputs, role)[:, ::-1].copy()
    return encoder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("runtime.json", b"[]"),
        ("runtime.json", b"\xff"),
        ("canaries.npy", b"no array"),
        ("canaries.npy", "float64"),
        ("canaries.npy", "flat"),
        ("canaries.npy", "pickle"),
    ],
)
def test_what_is_sealed_and_yet_no_model_is_not_registered(
    train, store, other, tmp_path, name, content
):
    """Whoever seals a bundle by hand cannot make a store that stumbles over it."""
    train()
    folder = tmp_path / "forged"
    shutil.copytree(store.models.places.artifact("ab@1"), folder)
    if isinstance(content, str):
        vectors = np.load(folder / name)
        forged = {
            "float64": vectors.astype(np.float64),
            "flat": vectors.ravel(),
            "pickle": np.array([{}], dtype=object),
        }
        np.save(folder / name, forged[content], allow_pickle=True)
    else:
        (folder / name).write_bytes(content)
    (folder / "manifest.json").unlink()
    write_bundle(seal_artifact(folder, store.model("ab@1").manifest), tmp_path / "forged.vecstore")
    with pytest.raises(ArtifactDamaged, match=name):
        other.import_model(tmp_path / "forged.vecstore")
    assert other.list_models() == []
    assert not other.models.places.artifact("ab@1").exists()


def test_a_task_that_is_not_installed_is_named(train, store, tmp_path, open_with, letters):
    from dataclasses import replace

    train()
    store.export_model("ab@1", tmp_path / "ab.vecstore")
    with (
        open_with(tmp_path / "poor", replace(letters, name="digits")) as other,
        pytest.raises(InvalidArgument, match="no pretext task 'letters'"),
    ):
        other.import_model(tmp_path / "ab.vecstore")


def test_an_artifact_is_loaded_by_its_own_task_only(train, store, open_with, letters, tmp_path):
    from dataclasses import replace

    train()
    folder = store.models.places.artifact("ab@1")
    with open_with(tmp_path / "two", letters, replace(letters, name="digits")) as other:
        with pytest.raises(InvalidArgument, match="--loader letters"):
            other.register_encoder("mine@1", loader="digits", source=str(folder))
        assert other.register_encoder("mine@1", loader="letters", source=str(folder)).space
