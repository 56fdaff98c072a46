import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def records():
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "stdlib_docs.py"],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert done.stderr == ""
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["id"]: row for row in rows}


def test_all_of_the_library_is_there(records):
    assert len(records) > 4500
    assert {row["kind"] for row in records.values()} == {"function", "class", "method"}
    modules = {row["module"].partition(".")[0] for row in records.values()}
    assert modules >= {"asyncio", "builtins", "json", "os", "pathlib", "shutil", "sqlite3"}
    assert not modules & {"antigravity", "idlelib", "this", "test", "tkinter", "turtle"}


@pytest.mark.parametrize(
    "name",
    [
        "shutil.copytree",
        "random.choice",
        "shlex.split",
        "os.path.join",
        "os.open",
        "print",
        "str.join",
        "asyncio.run",
        "pathlib.Path.mkdir",
        "functools.lru_cache",
        "collections.OrderedDict",
        "datetime.date.fromisoformat",
    ],
)
def test_names_are_those_that_people_write(records, name):
    assert name in records
    assert records[name]["name"] == name.rpartition(".")[2]


def test_a_record(records):
    row = records["shutil.copytree"]
    assert row["text"].startswith("shutil.copytree: Recursively copy a directory tree")
    assert row["summary"].startswith("Recursively copy")
    assert (row["module"], row["kind"]) == ("shutil", "function")
    assert set(row) == {"id", "text", "module", "kind", "name", "summary"}


def test_signatures_and_private_parts_are_left_out(records):
    assert records["int"]["text"].startswith("int: Convert a number or string")
    for name, row in records.items():
        assert not any(part.startswith("_") for part in name.split("."))
        assert "\n" not in row["text"]
        assert len(row["text"]) < 800
        assert row["text"].partition(": ")[2].strip()
