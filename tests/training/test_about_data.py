"""What people know of the data: on record, on the task card, and no part of what decides."""

import json
from dataclasses import replace

import pytest

from vecstore.artifacts.folder import read_artifact, seal_artifact
from vecstore.encoders.trained import trained_loader
from vecstore.errors import ArtifactDamaged, InvalidArgument


@pytest.fixture
def file(tmp_path, texts):
    path = tmp_path / "secret folder" / "foxes.txt"
    path.parent.mkdir()
    path.write_text("\n\n".join(texts))
    return path


def about(info):
    return {name: info.manifest.data.get(name) for name in ("name", "domain")}


def test_a_file_is_called_by_its_name_alone(train, file):
    info = train(str(file), domain=" foxes and jugs ")
    assert about(info) == {"name": "foxes.txt", "domain": "foxes and jugs"}
    assert "secret" not in info.manifest.to_json()


def test_a_folder_is_called_by_its_name_wherever_one_stands(train, file, monkeypatch):
    file.with_name("jugs.txt").write_text("five dozen jugs")
    monkeypatch.chdir(file.parent)
    assert about(train(".")) == {"name": "secret folder", "domain": None}


def test_data_without_a_file_says_so(train):
    assert about(train()) == {"name": "data given by Python", "domain": None}


def test_it_decides_nothing(train, file, texts):
    one, other = train(), train(file, name="other", domain="foxes")
    assert one.manifest.data["digest"] == other.manifest.data["digest"]
    assert one.space.fingerprint == other.space.fingerprint


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ({"domain": "foxes"}, {}, "foxes"),
        ({}, {"domain": "jugs"}, "jugs"),
        ({"domain": "foxes"}, {"domain": "jugs"}, "jugs"),
    ],
)
def test_a_resumed_training_may_know_more_or_less(train, file, stop_at, first, second, kept):
    with pytest.raises(KeyboardInterrupt):
        train(file, **first, on_progress=stop_at(2))
    moved = file.rename(file.with_name("renamed.txt"))
    assert about(train(moved, **second, resume=True)) == {"name": "renamed.txt", "domain": kept}


def test_a_training_begun_by_an_older_vecstore_goes_on(train, store, stop_at):
    with pytest.raises(KeyboardInterrupt):
        train(on_progress=stop_at(2))
    plan = store.folder / "models/.training/ab@1/plan.json"
    said = json.loads(plan.read_text())
    del said["about"]
    plan.write_text(json.dumps(said))
    seen = []
    train(resume=True, on_progress=seen.append)
    assert min(p.step for p in seen if p.stage == "training") == 3


@pytest.mark.parametrize(
    ("domain", "said"), [("a\0b", "domain contains a NUL"), ("x" * 501, "domain has 501")]
)
def test_a_domain_that_cannot_be_kept_is_refused(train, store, domain, said):
    with pytest.raises(InvalidArgument, match=said):
        train(domain=domain)
    assert store.list_models() == []


def test_the_card_of_a_trained_model_says_what_its_manifest_says(train, store, file):
    manifest = train(file, domain="foxes").manifest
    card = store.encoder("ab@1").card
    assert card.trained_for == "letters: Which letter follows which."
    assert card.data == {
        "kind": "text",
        "name": "foxes.txt",
        "digest": manifest.data["digest"],
        "domain": "foxes",
        "counts": {name: manifest.data[name] for name in card.data["counts"]},
    }
    assert card.data["counts"]["documents"] == 6
    assert "manifest" in card.source


def test_the_card_names_what_a_model_started_from(train, store):
    train(name="first")
    train(start="first")
    assert store.encoder("ab@1").card.data["started_from"] == ["first@1"]


def test_an_artifact_of_an_older_vecstore_is_loaded_and_has_a_card(train, store, letters, tmp_path):
    train()
    artifact = read_artifact(store.folder / "models" / "ab@1")
    data = {n: v for n, v in artifact.manifest.data.items() if n not in ("name", "domain")}
    (artifact.folder / "manifest.json").unlink()
    old = seal_artifact(artifact.folder, replace(artifact.manifest, data=data, files={}))
    loader = trained_loader(letters)
    assert loader.load(str(old.folder), {"digest": None, "scale": 1.0}).dim == 8
    card = loader.card(str(old.folder))
    assert {"kind", "digest", "counts"} == set(card.data)


def test_a_card_is_read_from_no_altered_manifest(train, store, letters):
    train()
    manifest = store.folder / "models" / "ab@1" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"kind": "text"', '"kind": "best"'))
    with pytest.raises(ArtifactDamaged, match="altered"):
        trained_loader(letters).card(str(manifest.parent))
