"""The wheel that pip builds of a clean clone, in a fresh environment with just what it asks for.

Nothing of this checkout is visible there: the dependencies come from the package index, torch is
not among them, and the migrations and protos must have travelled in the wheel.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("vecstore", "protos", "migrations", "pyproject.toml", "build_stubs.py")
SOURCES += ("build_native.py", "README.md", "LICENSE", "CHANGELOG.md")

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(280)]

USE = """
import sys, vecstore
from vecstore.storage import schema
with vecstore.open("data") as store:
    docs = store.create_collection("docs", encoder="hashing@1")
    docs.upsert([vecstore.Record(id="a", text="copy a directory tree")])
    assert docs.search("copy a tree")[0].id == "a"
assert schema.revisions()[0] == schema.HEAD
assert "torch" not in sys.modules
from vecstore.fulltext.native import native as ranks
from vecstore.index.native import native
assert native() and ranks()
import importlib.util
assert importlib.util.find_spec("torch") is None
assert "site-packages" in vecstore.__file__, vecstore.__file__
print(vecstore.__version__)
"""


def run(*command, **keywords):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **keywords
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """What a clean clone has: nothing generated, nothing compiled."""
    place = tmp_path_factory.mktemp("clone")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            generated = ("v1", "*.so") if name == "vecstore" else ()
            ignored = shutil.ignore_patterns("__pycache__", *generated)
            shutil.copytree(ROOT / name, place / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, place / name)
    return place


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    """As ``pip install .`` builds it: apart, with just what the build asks for."""
    place = tmp_path_factory.mktemp("dist")
    run(*PIP, "wheel", "-q", "--no-deps", "--wheel-dir", place, source)
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Where the programs are of an environment with the wheel and what it asks for."""
    place = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", place)
    # What is never imported need not be compiled.
    run(*PIP, "--python", place / "bin/python", "install", "-q", "--no-compile", wheel)
    return place / "bin"


def test_the_wheel_carries_what_it_needs_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.startswith("vecstore_server-")
    for name in (
        "vecstore/migrations/env.py",
        "vecstore/migrations/versions/0001_initial.py",
        "vecstore/migrations/versions/0002_categories.py",
        "vecstore/protos/vecstore/v1/types.proto",
        "vecstore/v1/types_pb2.py",
        "vecstore/py.typed",
        "vecstore/judging/report/templates/base.html",
        "vecstore/fulltext/_ranking.abi3.so",
        "vecstore/index/_nearest.abi3.so",
    ):
        assert name in names
    assert "-cp311-abi3-" in wheel.name
    assert "none-any" not in wheel.name
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"vecstore"}


def test_it_works_without_torch(installed, tmp_path):
    run(installed / "python", "-c", USE, cwd=tmp_path)
    there = ["--data", tmp_path / "data"]
    assert '"a"' in run(installed / "vecstore", "search", "docs", "copy", "--json", *there)
    assert run(installed / "vecstore", "db", "current", *there)
    words_move_there(installed, tmp_path)


def words_move_there(bin_, place):
    """Word vectors that were trained elsewhere serve without the library that trained them."""
    pytest.importorskip("gensim")
    import vecstore

    texts = [f"{one} {other}" for one in "abcdefgh" for other in "abcdefgh"] * 5
    with vecstore.open(place / "here") as store:
        store.train("word-context", texts, name="letters", version="1", vector_size=8, epochs=2)
        store.export_model("letters@1", place / "letters.vecstore")
    there = ["--data", place / "data"]
    run(bin_ / "vecstore", "models", "import", place / "letters.vecstore", *there)
    run(bin_ / "vecstore", "encode", "letters@1", "a b", *there)
    run(bin_ / "python", "-c", "import importlib.util as u; assert not u.find_spec('gensim')")
    (place / "texts.txt").write_text("\n".join(texts))
    train = ["train", "word-context", place / "texts.txt", "--name", "mine", "--version", "1"]
    refused = subprocess.run(
        [bin_ / "vecstore", *train, *there], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "pip install 'vecstore-server[words]'" in refused.stderr
