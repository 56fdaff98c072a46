import json

import pytest

from vecstore.artifacts.folder import put_in_place, read_artifact
from vecstore.artifacts.manifest import FORMAT, CurvePoint, FileEntry, Manifest
from vecstore.errors import ArtifactDamaged, InvalidArgument


def test_what_was_sealed_is_read_back(artifact):
    read = read_artifact(artifact.folder)
    assert read.manifest == artifact.manifest
    assert read.manifest.digest == artifact.manifest.digest
    assert set(read.manifest.files) == {"model.safetensors", "inner/vocabulary.json"}
    assert read.file("inner/vocabulary.json").read_text() == '["a", "b"]'


def test_every_altered_byte_is_found(artifact):
    for path in [p for p in artifact.folder.rglob("*") if p.is_file()]:
        raw = path.read_bytes()
        for place in {0, len(raw) // 2, len(raw) - 2}:
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
            with pytest.raises(ArtifactDamaged):
                read_artifact(artifact.folder)
        path.write_bytes(raw[:-2])
        with pytest.raises(ArtifactDamaged):
            read_artifact(artifact.folder)
        path.write_bytes(raw)
    read_artifact(artifact.folder)


def test_a_missing_file_is_named(artifact):
    artifact.file("model.safetensors").unlink()
    with pytest.raises(ArtifactDamaged, match=r"model\.safetensors"):
        read_artifact(artifact.folder)


def test_a_file_that_was_never_there_is_asked_for(artifact):
    with pytest.raises(ArtifactDamaged, match=r"no file 'tokenizer.json'.*model\.safetensors"):
        artifact.file("tokenizer.json")


def test_another_artifact_than_the_one_on_record_is_refused(artifact):
    with pytest.raises(ArtifactDamaged, match="exchanged"):
        read_artifact(artifact.folder, digest="0" * 64)


def test_a_folder_without_an_artifact(tmp_path):
    with pytest.raises(InvalidArgument, match="vecstore models import"):
        read_artifact(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"seal": 1}', "\x00", "[" * 100_000])
def test_what_is_no_manifest(text):
    with pytest.raises(ArtifactDamaged):
        Manifest.from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"name": 5},
        {"task": ["letters"]},
        {"dim": "2"},
        {"seed": True},
        {"minutes": "6"},
        {"options": []},
        {"metrics": {"loss": "low"}},
        {"metrics": ["loss"]},
        {"sizes": None},
        {"curve": (CurvePoint("one", 2.0),)},
        {"curve": (CurvePoint(1, "high"),)},
        {"lineage": ({"name": "a@1"},)},
        {"lineage": ("a@1",)},
        {"notes": (1,)},
        {"files": {"a": FileEntry("00", "1")}},
    ],
)
def test_values_of_another_kind_are_refused_although_sealed(make_manifest, change):
    with pytest.raises(ArtifactDamaged, match="cannot be read"):
        Manifest.from_json(make_manifest(**change).to_json())


def test_a_manifest_of_another_format_says_so(make_manifest, monkeypatch):
    monkeypatch.setattr("vecstore.artifacts.manifest.FORMAT", FORMAT + 1)
    text = make_manifest().to_json()
    monkeypatch.undo()
    with pytest.raises(ArtifactDamaged, match=f"format {FORMAT + 1}"):
        Manifest.from_json(text)


def test_a_manifest_holds_numbers_only(make_manifest):
    with pytest.raises(ValueError, match="JSON"):
        make_manifest(metrics={"loss": float("nan")}).to_json()


def test_the_digest_covers_everything(make_manifest):
    whole = make_manifest()
    changes = {"name": "ab@2", "seed": 4, "metrics": {"loss": 0.25}, "notes": (), "dim": 3}
    digests = {make_manifest(**{name: value}).digest for name, value in changes.items()}
    assert len(digests | {whole.digest}) == len(changes) + 1
    assert json.loads(whole.to_json())["seal"] == whole.digest


def test_a_place_that_is_taken_is_not_overwritten(artifact, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")
    with pytest.raises(OSError, match="taken"):
        put_in_place(artifact, tmp_path / "taken")
    assert (tmp_path / "taken" / "file").read_text() == "mine"
