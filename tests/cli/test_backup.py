"""``vecstore backup``, ``restore`` and ``backups verify``."""

import hashlib
from pathlib import Path

import pytest

from vecstore.cli import backup_bar
from vecstore.pretext.builtin import pretext_specs


@pytest.fixture
def file(tmp_path):
    return tmp_path / "store.backup"


def test_backup_and_restore(docs, call, file, tmp_path):
    outcome = docs("backup", file)
    assert outcome.code == 0, outcome.err
    size, digest = file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest()
    assert outcome.out == (
        f"wrote {file}: 1 collection with 3 records, {size:,} bytes\nsha256 {digest}\n"
    )
    checked = call("backups", "verify", file, "--json").json
    assert (checked["records"], checked["sha256"]) == (3, digest)
    assert f"file         {file}: whole" in call("backups", "verify", file).out
    new = tmp_path / "new"
    restored = call("restore", file, "--data", new)
    assert restored.code == 0, restored.err
    assert restored.out.startswith("restored 1 collection with 3 records of 2")
    for place in (("--data", new), docs.where):
        hits = call("search", "docs", "copy a tree", "--json", *place).json["hits"]
        assert hits[0]["id"] == "copy"


def test_as_json(docs, call, file, tmp_path):
    made = docs("backup", file, "--json").json
    assert set(made) == {
        *("path", "bytes", "sha256", "created_at", "schema", "collections", "records", "without")
    }
    done = call("restore", file, "--data", tmp_path / "new", "--json").json
    assert (done["backup"], done["missing"], done["warnings"]) == (made, [], [])


def test_a_file_is_replaced_when_told(docs, file):
    file.write_text("precious")
    outcome = docs("backup", file)
    assert (outcome.code, file.read_text()) == (2, "precious")
    assert "--force" in outcome.err
    assert docs("backup", file, "--force").code == 0


def test_what_is_refused(docs, call, file, tmp_path):
    assert docs("backup", file).code == 0
    new = tmp_path / "new"
    for command in (("restore", file, "--data", new), ("backups", "verify", file)):
        content = file.read_bytes()
        file.write_bytes(content[:-700] + b"x" + content[-699:])
        outcome = call(*command, "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "BACKUP_DAMAGED")
        file.write_bytes(content)
    assert not new.exists()
    new.mkdir()
    (new / "mine").write_text("precious")
    outcome = call("restore", file, "--data", new)
    assert outcome.code == 2
    assert "holds something already (mine)" in outcome.err
    outcome = call("restore", tmp_path / "nothing", "--data", tmp_path / "n")
    assert "there is no file" in outcome.err


def test_a_store_without_an_encoder(embedded, counting, corpus, call, file, tmp_path, monkeypatch):
    named = ("--name", "learnt", "--version", "1")
    assert embedded("train", "counting", corpus, *named).code == 0
    embedded("collections", "create", "docs", "--encoder", "learnt@1")
    assert embedded("backup", file).code == 0
    monkeypatch.setattr("vecstore.registry.pretext_specs", pretext_specs)
    new = tmp_path / "new"
    outcome = call("restore", file, "--data", new)
    assert outcome.code == 2
    assert "learnt@1 cannot be used here" in outcome.err
    assert "--accept-missing" in outcome.err
    assert not new.exists()
    outcome = call("restore", file, "--data", new, "--accept-missing")
    assert outcome.code == 0
    assert "Warning: learnt@1 cannot be loaded here" in outcome.err


def test_a_model_that_is_not_in_the_backup_is_told(embedded, counting, corpus, file):
    named = ("--name", "learnt", "--version", "1")
    assert embedded("train", "counting", corpus, *named).code == 0
    (model,) = Path(embedded.where[1]).glob("models/learnt@1/counts*")
    model.unlink()
    outcome = embedded("backup", file)
    assert outcome.code == 0
    assert "Warning: the trained model learnt@1 is missing or damaged" in outcome.err


def test_ctrl_c_leaves_nothing(docs, call, file, tmp_path, monkeypatch):
    assert docs("backup", file).code == 0

    def pressed(*_):
        raise KeyboardInterrupt

    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr("vecstore.backups.saving._write", pressed)
    outcome = docs("backup", tmp_path / "second")
    assert (outcome.code, outcome.err) == (130, "Interrupted: no backup was written.\n")
    monkeypatch.setattr("vecstore.backups.restoring._fill", pressed)
    outcome = call("restore", file, "--data", tmp_path / "new")
    assert (outcome.code, outcome.err) == (130, "Interrupted: nothing was restored.\n")
    assert sorted(tmp_path.iterdir()) == before


def test_progress_where_somebody_watches(embedded, file, monkeypatch):
    embedded("collections", "create", "docs", "--encoder", "hashing@1")
    monkeypatch.setattr(backup_bar.output, "watched", lambda: True)
    assert embedded("backup", file).code == 0
