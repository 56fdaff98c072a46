"""A damaged snapshot is never loaded, never a crash, and never a wrong answer.

Every case is opened in a process of its own, since what is at stake is native code that trusts its
file.
"""

import json
import logging
import multiprocessing
import shutil
import sys
from dataclasses import replace
from multiprocessing import connection

import numpy as np
import pytest

from vecstore.index import manifest as manifests
from vecstore.spaces import Metric, Space

DIM, COUNT = 8, 150
AT_ONCE = 4

MANIFEST, GRAPH, TABLE = "manifest.json", "00000002.graph", "00000002.table"
FILES = (MANIFEST, GRAPH, TABLE)


@pytest.fixture
def field(make_field, random):
    """A closed index of two generations; the first one's files are kept in ``older``."""
    field = make_field(dim=DIM)
    field.open()
    vectors = random(COUNT, DIM)
    field.fill(vectors[: COUNT // 2], "a")
    field.settle()
    field.index.snapshot()
    shutil.copytree(field.folder, field.folder.with_name("older"))
    field.fill(vectors[COUNT // 2 :], "b")
    field.write(deletes=["a7"])
    field.settle()
    field.index.snapshot()
    assert sorted(path.name for path in field.folder.iterdir()) == sorted(FILES)
    field.index.close()
    return field


def flip(name, place):
    def damage(folder):
        raw = bytearray((folder / name).read_bytes())
        raw[int(place * len(raw))] ^= 1 << int(place * 1e6) % 8
        (folder / name).write_bytes(raw)

    return damage


def cut(name, keep):
    def damage(folder):
        raw = (folder / name).read_bytes()
        (folder / name).write_bytes(raw[: int(keep * len(raw))])

    return damage


def grow(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + b"\0")


def remove(name):
    return lambda folder: (folder / name).unlink()


def swap(one, other):
    def damage(folder):
        (folder / one).rename(folder / "aside")
        (folder / other).rename(folder / one)
        (folder / "aside").rename(folder / other)

    return damage


def into_a_folder(name):
    def damage(folder):
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


def zeros(name):
    return lambda folder: (folder / name).write_bytes(bytes((folder / name).stat().st_size))


def older(kind):
    """One file of the generation before, under the newer one's name."""

    def damage(folder):
        names = {"graph": ("00000001.graph", GRAPH), "table": ("00000001.table", TABLE)}
        source, target = names.get(kind, (MANIFEST, MANIFEST))
        shutil.copy(folder.with_name("older") / source, folder / target)

    return damage


def says(**changes):
    """A manifest that is whole, and says something else."""

    def damage(folder):
        said = json.loads((folder / MANIFEST).read_bytes())
        del said["seal"]
        said |= changes
        said["seal"] = manifests._seal(said)
        (folder / MANIFEST).write_text(json.dumps(said))

    return damage


def progress(**changes):
    def damage(folder):
        said = json.loads((folder / MANIFEST).read_bytes())["progress"]
        says(progress=said | changes)(folder)

    return damage


def garbage(text):
    return lambda folder: (folder / MANIFEST).write_bytes(text)


places = np.random.default_rng(11).random(15)
DAMAGES = {
    **{f"flip {name} {p:.4f}": flip(name, p) for name in FILES for p in places},
    **{
        f"flip head of {GRAPH} {byte}": flip(GRAPH, (byte + 0.5) / 22_000)
        for byte in range(0, 96, 8)
    },
    **{f"cut {name} {keep}": cut(name, keep) for name in FILES for keep in (0, 0.01, 0.5, 0.999)},
    **{f"grow {name}": grow(name) for name in FILES},
    **{f"remove {name}": remove(name) for name in FILES},
    **{f"zeros {name}": zeros(name) for name in FILES},
    **{f"folder {name}": into_a_folder(name) for name in FILES},
    "swap graph and table": swap(GRAPH, TABLE),
    "swap graph and manifest": swap(GRAPH, MANIFEST),
    "swap table and manifest": swap(TABLE, MANIFEST),
    **{f"older {kind}": older(kind) for kind in ("graph", "table", "manifest")},
    "other store": says(store="another"),
    "other field": says(field="1/2"),
    "other metric": says(metric="l2"),
    "other backend": says(backend="exact"),
    "other parameters": says(parameters={"m": 16}),
    "other format": says(format=2),
    "other generation": says(generation=1),
    "generation is a path": says(generation="../../older/00000001"),
    "generation is huge": says(generation=10**30),
    "no files": says(files={}),
    "more vectors than the graph has": progress(count=COUNT + 1),
    "applied less than it was": progress(applied=3),
    "progress in words": progress(count="many"),
    "not json": garbage(b"{"),
    "not utf-8": garbage(b"\xff\xfe"),
    "a list": garbage(b"[]"),
    "null": garbage(b"null"),
    "nested": garbage(b"[" * 100_000),
}


def in_processes(targets):
    """The exit codes of functions, each run in a process of its own, a few at a time."""
    context = multiprocessing.get_context("fork")
    started = []
    for target in targets:
        running = [process for process in started if process.is_alive()]
        if len(running) >= AT_ONCE:
            connection.wait([process.sentinel for process in running])
        started.append(context.Process(target=target))
        started[-1].start()
    for process in started:
        process.join()
    return [process.exitcode for process in started]


def trial(field, folder, damage, *, loaded=False):
    """A function that opens a damaged copy, asks it, and fails where anything is not right."""

    def run():
        logging.disable(logging.CRITICAL)
        mine = replace(field, folder=folder, index=None, errors=[])
        damage(folder)
        mine.open()
        assert mine.index.restored is loaded
        queries = np.random.default_rng(3).standard_normal((4, DIM), np.float32)
        if not loaded:
            mine.check_exact(queries)
        mine.settle()
        assert mine.recall(queries) >= 0.9
        mine.write([("new", queries[0])], ["b3"])
        mine.index.close()
        mine.open()
        assert mine.recall(queries) >= 0.9
        assert mine.index.search(queries[0], 1)[0][1] == "new"
        assert not mine.errors
        mine.index.close()

    return run


def run_all(field, trials):
    home = field.folder.parent
    targets = []
    for number, (_, damage, options) in enumerate(trials):
        folder = home / f"trial{number}" / "index"
        shutil.copytree(home / "older", folder.with_name("older"))
        shutil.copytree(field.folder, folder)
        targets.append(trial(field, folder, damage, **options))
    return dict(zip((name for name, _, _ in trials), in_processes(targets), strict=True))


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_every_damage_is_noticed(field):
    assert len(DAMAGES) >= 100
    trials = [(name, damage, {}) for name, damage in DAMAGES.items()]
    codes = run_all(field, trials)
    assert {name: code for name, code in codes.items() if code != 0} == {}


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_what_is_whole_is_loaded(field):
    """The control: without damage the same trial finds the snapshot in use."""

    def litter(folder):
        (folder / "00000003.graph.tmp").write_bytes(b"half")
        (folder / "00000003.table").write_bytes(b"orphan")
        (folder / "notes.txt").write_text("not ours")

    trials = [
        ("untouched", lambda folder: None, {"loaded": True}),
        ("litter", litter, {"loaded": True}),
        ("expected to fail", lambda folder: None, {}),
    ]
    assert run_all(field, trials) == {"untouched": 0, "litter": 0, "expected to fail": 1}


OTHERS = {
    "store": {"store_id": "another"},
    "field": {"field_key": "1/2"},
    "metric": {"metric": Metric.L2},
    "fingerprint": {"space": Space("model", "1", DIM, "0" * 64)},
    "version": {"space": Space("model", "2", DIM, "f" * 64)},
    "transform": {"space": Space("model", "1", DIM, "f" * 64, "pca")},
}


@pytest.mark.parametrize("name", OTHERS)
def test_snapshot_of_somebody_else(field, name, caplog):
    field.open(**OTHERS[name])
    assert not field.index.restored
    assert "not used" in caplog.text


def test_snapshot_of_another_dim(field, random):
    rows = random(COUNT, 4)
    field.rows = {id_: (n, rows[i]) for i, (id_, (n, _)) in enumerate(field.rows.items())}
    field.open(dim=4)
    assert not field.index.restored
    field.check_exact(random(3, 4, seed=1))


@pytest.mark.parametrize("change", ["m", "ef_construction", "backend"])
def test_snapshot_of_other_parameters(field, specs, change):
    spec = field.spec
    if change == "backend":
        field.open(spec=specs["exact"])
    else:
        parameters = {**spec.parameters, change: 3 + spec.parameters[change]}
        field.open(spec=replace(spec, parameters=parameters))
    assert not field.index.restored


class TestDisagreementWithTheDatabase:
    """The files are whole, and not of this database."""

    def not_loaded(self, field):
        field.open()
        field.check_exact(np.random.default_rng(1).standard_normal((4, DIM), np.float32))
        return not field.index.restored

    def test_another_vector_under_a_label(self, field):
        label, values = field.rows["a1"]
        field.rows["a1"] = (label, -values)
        assert self.not_loaded(field)

    def test_a_vector_that_the_snapshot_should_have(self, field):
        dead = next(n for n in range(1, 1000) if n not in {r[0] for r in field.rows.values()})
        field.rows["extra"] = (dead, np.ones(DIM, np.float32))
        assert self.not_loaded(field)

    def test_older_database(self, field):
        newest = max(field.rows, key=lambda id_: field.rows[id_][0])
        del field.rows[newest]
        assert self.not_loaded(field)

    def test_empty_database(self, field):
        field.rows.clear()
        assert self.not_loaded(field)

    def test_deleted_since(self, field):
        del field.rows["a5"]
        del field.rows["b5"]
        assert not self.not_loaded(field)
        assert field.index.indexed == len(field.rows)

    def test_written_since(self, field):
        field.label += 5
        field.rows["later"] = (field.label, np.ones(DIM, np.float32))
        field.fetched.clear()
        assert not self.not_loaded(field)
        assert field.fetched == [field.label]
