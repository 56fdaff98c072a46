"""Clients in which there is nothing of vecstore: by reflection, and in another language."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

# Runs a script in an interpreter that has no vecstore, however it is installed.
ALONE = """
import importlib.abc, runpy, sys

class Nowhere(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "vecstore" or name.startswith("vecstore."):
            raise ModuleNotFoundError(f"there is no {name} here", name=name)

sys.meta_path.insert(0, Nowhere())
script, *sys.argv[1:] = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
"""


def run(*command, folder):
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, cwd=folder
    )


def alone(script, *arguments, folder):
    """A script's run where vecstore cannot be imported."""
    return run(sys.executable, "-c", ALONE, str(script), *arguments, folder=folder)


def test_where_nothing_of_vecstore_can_be_imported(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import vecstore.v1.types_pb2")
    done = alone(script, folder=tmp_path)
    assert done.returncode != 0
    assert "there is no vecstore here" in done.stderr


def test_a_client_made_of_what_the_server_says_of_itself(serve, store, tmp_path):
    running = serve(store)
    done = alone(EXAMPLES / "reflection_client.py", running.address, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    listed = [line for line in said if line.startswith("vecstore.v1.SearchService: ")]
    assert "Search," in listed[0]
    assert "stored 3 records" in said
    assert "nearest by text: copy, in the space of hashing" in said
    assert "nearest by packed floats: sort, in the space of hashing" in said
    assert "nearest by plain floats: sort, in the space of hashing" in said
    other, none = said[-2:]
    assert other.startswith("numbers of another space: FAILED_PRECONDITION vecstore/SPACE_MISMATCH")
    assert "expected_version=1" in other
    assert "given_version=2" in other
    assert none.startswith("numbers of no space: INVALID_ARGUMENT vecstore/SPACE_REQUIRED")
    assert [one.name for one in store.list_collections()] == ["docs"]


def test_a_server_without_reflection_says_nothing_of_itself(serve, store, tmp_path):
    running = serve(store, reflection=False)
    done = alone(EXAMPLES / "reflection_client.py", running.address, folder=tmp_path)
    assert done.returncode != 0
    assert "UNIMPLEMENTED" in done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
def test_a_client_in_another_language_without_packages(serve, store, tmp_path):
    address = serve(store).address
    script = EXAMPLES / "plain_client.mjs"
    done = run("node", str(script), address, "docs", "copy a tree", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    space, hit = done.stdout.splitlines()
    assert space == "space hashing@1"
    assert hit == "first 1.0000"
    done = run("node", str(script), address, "nowhere", "copy", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("5 vecstore/COLLECTION_NOT_FOUND: ")
    assert "nowhere" in done.stderr
