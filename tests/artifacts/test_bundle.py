import zipfile

import pytest

from vecstore.artifacts.bundle import read_bundle_manifest, unpack_bundle, write_bundle
from vecstore.artifacts.folder import seal_artifact
from vecstore.errors import ArtifactDamaged, InvalidArgument


@pytest.fixture
def file(artifact, tmp_path):
    write_bundle(artifact, tmp_path / "ab.vecstore")
    return tmp_path / "ab.vecstore"


@pytest.fixture
def into(tmp_path):
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder


def test_one_file_and_back(artifact, file, into):
    assert read_bundle_manifest(file) == artifact.manifest
    assert unpack_bundle(file, into).manifest == artifact.manifest
    for name in artifact.manifest.files:
        assert (into / name).read_bytes() == artifact.file(name).read_bytes()


def test_the_same_artifact_is_the_same_digest(artifact, file):
    assert read_bundle_manifest(file).digest == artifact.manifest.digest


def test_a_file_that_is_there_is_kept(artifact, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InvalidArgument, match="there already"):
        write_bundle(artifact, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


def test_nothing_half_written_is_left(artifact, tmp_path):
    artifact.file("model.safetensors").unlink()
    with pytest.raises(OSError, match="No such file"):
        write_bundle(artifact, tmp_path / "half")
    assert not list(tmp_path.glob("half*"))


def test_every_altered_byte_of_content_is_found(artifact, file, tmp_path):
    raw = file.read_bytes()
    for name in artifact.manifest.files:
        content = artifact.file(name).read_bytes()
        place = raw.index(content) + len(content) // 2
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        folder = tmp_path / f"altered-{name.replace('/', '-')}"
        folder.mkdir()
        with pytest.raises(ArtifactDamaged):
            unpack_bundle(file, folder)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_file_cut_off(file, into, share):
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(ArtifactDamaged):
        unpack_bundle(file, into)


def test_no_such_file(tmp_path, into):
    with pytest.raises(InvalidArgument, match="vecstore models export"):
        unpack_bundle(tmp_path / "nothing", into)


def test_something_else(tmp_path, into):
    (tmp_path / "else").write_text("not an archive")
    with pytest.raises(ArtifactDamaged):
        unpack_bundle(tmp_path / "else", into)
    with zipfile.ZipFile(tmp_path / "empty", "w"):
        pass
    with pytest.raises(ArtifactDamaged):
        unpack_bundle(tmp_path / "empty", into)


@pytest.mark.parametrize("name", ["../outside", "inner/../../outside", "/tmp/outside", "a\\..\\b"])
def test_nothing_is_written_outside(make_manifest, tmp_path, into, name):
    """An archive whose manifest lists a file elsewhere, all its digests being right."""
    folder = tmp_path / "evil"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"x")
    honest = seal_artifact(folder, make_manifest()).manifest
    evil = make_manifest(files={name: honest.files["model.safetensors"]})
    with zipfile.ZipFile(tmp_path / "evil.vecstore", "w") as archive:
        archive.writestr("manifest.json", evil.to_json())
        archive.writestr(name, b"x")
    with pytest.raises(ArtifactDamaged, match="outside"):
        unpack_bundle(tmp_path / "evil.vecstore", into)
    assert not (tmp_path / "outside").exists()


def rewritten(file, change):
    """The same archive, with one of its entries written anew."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            change(archive, name, data)


def test_what_is_compressed_is_not_unpacked(file, into):
    rewritten(file, lambda a, name, data: a.writestr(name, data, zipfile.ZIP_DEFLATED))
    with pytest.raises(ArtifactDamaged, match="compressed"):
        unpack_bundle(file, into)


def test_no_more_is_written_than_the_manifest_says(file, into):
    def grown(archive, name, data):
        archive.writestr(name, data if name == "manifest.json" else data + b"\0" * 10**6)

    rewritten(file, grown)
    with pytest.raises(ArtifactDamaged, match="larger than its manifest says"):
        unpack_bundle(file, into)
    assert sum(path.stat().st_size for path in into.rglob("*") if path.is_file()) < 10**5


def test_every_flipped_bit_is_refused_or_harmless(artifact, file, tmp_path):
    """In the archive's own structure, too: nothing but ArtifactDamaged is ever raised."""
    raw = file.read_bytes()
    for place in range(0, len(raw), 7):
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 0x10]) + raw[place + 1 :])
        folder = tmp_path / "flipped" / str(place)
        folder.mkdir(parents=True)
        try:
            assert unpack_bundle(file, folder).manifest == artifact.manifest
        except ArtifactDamaged:
            continue


def test_a_user_s_own_file_beside_it_stays(artifact, tmp_path):
    (tmp_path / "ab.vecstore.tmp").write_text("mine")
    write_bundle(artifact, tmp_path / "ab.vecstore")
    assert (tmp_path / "ab.vecstore.tmp").read_text() == "mine"
    assert {p.name for p in tmp_path.iterdir()} == {"ab.vecstore", "ab.vecstore.tmp", "artifact"}


def test_a_manifest_that_is_too_large_is_not_read(file, into, monkeypatch):
    monkeypatch.setattr("vecstore.artifacts.bundle._MAX_MANIFEST_BYTES", 10)
    with pytest.raises(ArtifactDamaged, match="too large"):
        unpack_bundle(file, into)
