"""A restore that ends between its last steps: all of it or nothing, and it can be done again."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import inspect

from vecstore.backups import restoring
from vecstore.errors import AlreadyExists, StorageError
from vecstore.storage import schema

# Ends with what is moved into place first, before the database is whole.
KILLED = """
import os, signal, sys, vecstore
from vecstore.backups import restoring
move = restoring._move
def killed(*paths):
    move(*paths)
    os.kill(os.getpid(), signal.SIGKILL)
restoring._move = killed
vecstore.restore(sys.argv[1], sys.argv[2], database=sys.argv[3], accept_missing=True)
"""


@pytest.fixture
def killed(backup, tmp_path):
    """killed(url) kills a restore of the backup into the folder "new"."""

    def run(url):
        arguments = [str(backup), str(tmp_path / "new"), url or ""]
        done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
        assert done.returncode == -signal.SIGKILL
        assert {one.name for one in (tmp_path / "new").iterdir()} >= {".restoring", "models"}

    return run


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_restore_is_done_again(backup, restored, opened, killed, database, kind, tmp_path):
    url = database(kind)
    killed(url)
    if url:
        assert inspect(schema.connect(url)).get_table_names() == []
    restored(backup, database=url)
    assert not (tmp_path / "new" / ".restoring").exists()
    with opened(tmp_path / "new", url) as store:
        assert store.collection("learnt").search("red")[0].id == "red"


def test_models_are_not_taken_for_left_ones_where_another_database_may_need_them(
    backup, restored, killed, database, tmp_path
):
    killed(database("postgresql"))
    with pytest.raises(AlreadyExists, match=r"holds something already \(models\)"):
        restored(backup)
    assert (tmp_path / "new" / "models").is_dir()


def test_a_disk_that_fails_at_the_last_step(backup, restored, monkeypatch, tmp_path):
    real, synced = restoring.sync, []

    def sync(path):
        synced.append(path)
        if len(synced) == 2:
            assert (tmp_path / "new" / "vecstore.db").exists()
            raise OSError(5, "Input/output error")
        real(path)

    monkeypatch.setattr(restoring, "sync", sync)
    with pytest.raises(StorageError, match="Input/output error"):
        restored(backup)
    assert not (tmp_path / "new").exists()
    assert restored(backup).folder == tmp_path / "new"
