"""The whole benchmark on a few hundred vectors: that it runs and reports, not how quick it is."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "vectors.npy"
    np.save(path, np.random.default_rng(0).standard_normal((600, 16)).astype(np.float16))
    return path


def test_every_measurement_reports(vectors: Path, tmp_path: Path) -> None:
    found, written = tmp_path / "figures.json", tmp_path / "page.md"
    names = ("search", "unfamiliar", "grpc", "ingest", "restart", "memory")
    only = [word for name in names for word in ("--only", name)]
    done = bench(
        vectors, "--sizes", "200,400", "--rounds", 1, *only, "--json", found, "--write", written
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(found.read_text())
    counts = {
        name: sum(figure["measurement"] == name for figure in report["figures"]) for name in names
    }
    assert counts == {
        "search": 4,
        "unfamiliar": 2,
        "grpc": 4,
        "ingest": 4,
        "restart": 2,
        "memory": 1,
    }
    # So few vectors may take no memory that shows.
    measured = [figure for figure in report["figures"] if figure["measurement"] != "memory"]
    assert all(figure["value"] is not None for figure in measured)
    recalls = [f["value"] for f in report["figures"] if f["what"].startswith("recall")]
    assert min(recalls) > 0.95
    for figure in report["figures"]:
        assert figure["what"] in done.stdout
        assert figure["what"] in written.read_text()
    assert str(vectors) not in written.read_text()


def test_too_few_vectors_are_said(vectors: Path) -> None:
    done = bench(vectors, "--sizes", "450")
    assert done.returncode == 2
    assert "600 vectors; 450 to store and 200 to ask with" in done.stderr


def test_a_file_that_is_no_array_is_said(tmp_path: Path) -> None:
    path = tmp_path / "notes.npy"
    path.write_text("no array")
    done = bench(path)
    assert done.returncode == 2
    assert done.stderr.startswith(str(path))
