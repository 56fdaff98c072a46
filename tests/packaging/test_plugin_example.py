"""The example plugin, really built and installed beside vecstore, in an environment of its own."""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("vecstore", "__editable__", "_vecstore", "torch", "transformers", "sentence_", "gt_all")
SOURCES = ("vecstore", "protos", "migrations", "pyproject.toml", "build_stubs.py")
SOURCES += ("build_native.py", "README.md", "LICENSE", "CHANGELOG.md", "plugins/vecstore-example")

pytestmark = pytest.mark.packaging


def run(*command, **keywords):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **keywords
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment with vecstore and the example; the libraries below are linked."""
    place = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", place / "venv")
    library = next((place / "venv").glob("lib/python*/site-packages"))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(LEFT_OUT) and not (library / entry.name).exists():
            (library / entry.name).symlink_to(entry)
    for name in SOURCES:
        target = place / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__", "v1"))
        else:
            shutil.copy(ROOT / name, target)
    shutil.copytree(ROOT / "protos", place / "source" / "protos", dirs_exist_ok=True)
    install = [sys.executable, "-m", "pip", "--python", place / "venv/bin/python", "install", "-q"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    for distribution in ("", "plugins/vecstore-example"):
        run(*install, *offline, place / "source" / distribution)
    shutil.rmtree(place / "source")
    return place / "venv" / "bin"


def test_the_registry_finds_it(environment, tmp_path):
    code = (
        "from vecstore.registry import Registry; from vecstore.config import Settings;"
        "import json, sys, vecstore, vecstore_example; r = Registry.load(Settings());"
        "print(json.dumps([r.plugins, r.problems, r.encoder_spec('word-vectors').loader,"
        "'torch' in sys.modules, vecstore.__file__, vecstore_example.__file__]))"
    )
    printed = json.loads(run(environment / "python", "-c", code, cwd=tmp_path))
    plugins, problems, loader, torch, *files = printed
    assert plugins == ["builtin", "example"]
    assert (problems, loader, torch) == ([], "word-vectors", False)
    assert all(str(environment.parent) in file for file in files)


def test_the_command_line_lists_and_uses_it(environment, tmp_path):
    command, store = environment / "vecstore", ["--data", tmp_path / "data"]
    listed = json.loads(run(command, "encoders", "list", "--json", *store))
    assert "colours@1" in json.dumps(listed)
    run(command, "collections", "create", "paints", "--encoder", "colours@1", *store)
    (tmp_path / "paints.jsonl").write_text(
        '{"id": "sky", "text": "blue and cyan"}\n{"id": "evening", "text": "orange, red, gold"}\n'
    )
    run(command, "add", "paints", tmp_path / "paints.jsonl", *store)
    found = run(command, "search", "paints", "navy blue", "--json", *store)
    assert found.index('"sky"') < found.index('"evening"')
    off = {"VECSTORE_DISABLED_PLUGINS": "example", "PATH": "/usr/bin:/bin"}
    listed = run(command, "encoders", "list", "--json", "--data", tmp_path / "other", env=off)
    assert "colours" not in listed
