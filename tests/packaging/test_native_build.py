"""The native code is built with what there is, and never stands in the way of the rest."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ["vecstore/fulltext/_ranking.c", "vecstore/index/_nearest.c"]
MODULES = [name.replace(".c", ".abi3.so") for name in NAMES]


@pytest.fixture
def builder(tmp_path):
    """The build of a checkout that has nothing but the source, and what an older one left."""
    for source in NAMES:
        copy = tmp_path / source
        copy.parent.mkdir(parents=True)
        shutil.copy(ROOT / source, copy)
        copy.with_suffix(".abi3.so").write_bytes(b"of an older source")
    script = shutil.copy(ROOT / "build_native.py", tmp_path)
    spec = importlib.util.spec_from_file_location("build_native_apart", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def left(builder):
    found = (path for path in (builder.ROOT / "vecstore").rglob("*") if path.is_file())
    return sorted(path.relative_to(builder.ROOT).as_posix() for path in found)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_one_compiler_that_cannot_is_no_harm(builder, monkeypatch, capsys):
    monkeypatch.setenv("CC", "cc --no-such-option")
    made = builder.build()
    assert [path.relative_to(builder.ROOT).as_posix() for path in made] == MODULES
    assert left(builder) == sorted([*MODULES, *NAMES])
    assert not capsys.readouterr().err
    for path, begins in zip(made, ("The texts", "The nearest"), strict=True):
        spec = importlib.util.spec_from_file_location(path.name.partition(".")[0], path)
        assert importlib.util.module_from_spec(spec).__doc__.startswith(begins)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_one_source_that_is_wrong_keeps_no_other_from_being_built(builder, capsys):
    (builder.ROOT / NAMES[0]).write_text("none such")
    assert [path.name for path in builder.build()] == ["_nearest.abi3.so"]
    assert left(builder) == sorted([MODULES[1], *NAMES])
    assert "vecstore is built without _ranking.c" in capsys.readouterr().err


def test_without_a_compiler_the_build_goes_on(builder, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(builder.sysconfig, "get_config_var", lambda name: None)
    assert builder.build() == []
    assert left(builder) == NAMES
    said = capsys.readouterr().err
    for name in ("_nearest.c", "_ranking.c"):
        assert f"warning: vecstore is built without {name}: there is no C compiler" in said


def test_a_compiler_that_fails_is_quoted(builder, monkeypatch, capsys):
    monkeypatch.setattr(builder, "_compilers", lambda: [[sys.executable, "-c", "import none_such"]])
    assert builder.build() == []
    assert left(builder) == NAMES
    assert "none_such" in capsys.readouterr().err
