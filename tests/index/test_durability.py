"""The order in which a snapshot reaches the disk, and what is there if it ends half-way."""

import hashlib
import os
from pathlib import Path

import pytest

from vecstore.index import files


@pytest.fixture
def traced(monkeypatch):
    """What is synchronised, renamed and removed, in order; and a call at which the disk fails."""
    events, fail_at = [], [None]

    def note(kind, *names):
        if fail_at[0] is not None and len(events) >= fail_at[0]:
            raise OSError(5, "Input/output error")
        events.append((kind, *names))

    def fsync(descriptor, real=os.fsync):
        note("fsync", Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    def replace(source, target, real=os.replace):
        note("replace", Path(source).name, Path(target).name)
        real(source, target)

    def unlink(path, *args, real=os.unlink, **options):
        if not str(path).endswith(".tmp"):
            note("unlink", Path(path).name)
        real(path, *args, **options)

    for name, function in (("fsync", fsync), ("replace", replace), ("unlink", unlink)):
        monkeypatch.setattr(os, name, function)
    return events, fail_at


def expected(generation, folder, removed):
    graph, table = f"{generation:08d}.graph", f"{generation:08d}.table"
    steps = []
    for name in (graph, table):
        steps += [("fsync", f"{name}.tmp"), ("replace", f"{name}.tmp", name)]
    steps += [("fsync", folder)]
    steps += [("fsync", "manifest.json.tmp"), ("replace", "manifest.json.tmp", "manifest.json")]
    steps += [("fsync", folder)]
    return steps, [("unlink", name) for name in removed]


def test_the_manifest_comes_last_and_the_old_goes_after(make_field, random, traced):
    events, _ = traced
    field = make_field()
    field.open()
    field.fill(random(20))
    field.index.snapshot()
    steps, removed = expected(1, field.folder.name, [])
    assert events == steps + removed
    events.clear()
    field.fill(random(20), "more")
    field.index.snapshot()
    steps, removed = expected(2, field.folder.name, ["00000001.graph", "00000001.table"])
    assert events[:8] == steps
    assert sorted(events[8:]) == removed


def test_at_whatever_point_it_ends(make_field, random, traced):
    """Either the old snapshot or the new one is whole, and both give right answers."""
    events, fail_at = traced
    field = make_field()
    field.open()
    field.fill(random(40), "a")
    field.settle()
    field.index.snapshot()
    field.index.close()
    outcomes = []
    for step in range(11):
        fail_at[0] = None
        field.fetched.clear()
        field.open()
        assert field.index.restored
        outcomes.append(len(field.rows) - len(field.fetched))
        field.fill(random(10, seed=step), f"b{step}-")
        assert field.index.wait_until_indexed(60)
        events.clear()
        fail_at[0] = step
        field.index.close()
        assert len(events) == step
    fail_at[0] = None
    field.open()
    assert field.index.restored
    assert field.recall(random(10, seed=99)) >= 0.95
    # Until the manifest is renamed (step 7), the first snapshot is the one that counts.
    assert outcomes[:8] == [40] * 8
    assert outcomes[8:] == [120, 130, 140]


def test_a_failed_write_leaves_nothing_beside(tmp_path):
    def write(path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        files.put(tmp_path / "file", write)
    assert list(tmp_path.iterdir()) == []


def test_the_receipt_is_of_the_file(tmp_path):
    receipt = files.put(tmp_path / "file", lambda path: path.write_bytes(b"abc") and None)
    assert receipt == files.digest(tmp_path / "file")
    assert receipt.size == 3
    assert receipt == files.digest_of(b"abc")
    part = hashlib.sha256(b"abc").digest()
    assert receipt.sha256 == hashlib.sha256(part).hexdigest()


def test_every_part_of_a_large_file_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PIECE", 4)
    monkeypatch.setattr(files, "_PART", 8)
    content = bytes(range(21))
    (tmp_path / "file").write_bytes(content)
    whole = files.digest(tmp_path / "file")
    assert whole == files.digest_of(content)
    for changed in range(21):
        (tmp_path / "file").write_bytes(content[:changed] + b"!" + content[changed + 1 :])
        assert files.digest(tmp_path / "file") != whole
