"""The native code is built with what there is, and never stands in the way of the rest."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def builder(tmp_path):
    """The build of a checkout that has nothing but the source, and what an older one left."""
    folder = tmp_path / "vecstore" / "index"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "vecstore/index/_nearest.c", folder)
    script = shutil.copy(ROOT / "build_native.py", tmp_path)
    spec = importlib.util.spec_from_file_location("build_native_apart", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.OUTPUT.write_bytes(b"of an older source")
    return module


def left(builder):
    return sorted(path.name for path in builder.SOURCE.parent.iterdir())


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_one_compiler_that_cannot_is_no_harm(builder, monkeypatch, capsys):
    monkeypatch.setenv("CC", "cc --no-such-option")
    assert builder.build() == builder.OUTPUT
    assert left(builder) == ["_nearest.abi3.so", "_nearest.c"]
    assert not capsys.readouterr().err
    spec = importlib.util.spec_from_file_location("_nearest", builder.OUTPUT)
    assert importlib.util.module_from_spec(spec).__doc__.startswith("The nearest")


def test_without_a_compiler_the_build_goes_on(builder, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(builder.sysconfig, "get_config_var", lambda name: None)
    assert builder.build() is None
    assert left(builder) == ["_nearest.c"]
    assert "warning: vecstore is built without its native code: there is no C compiler" in (
        capsys.readouterr().err
    )


def test_a_compiler_that_fails_is_quoted(builder, monkeypatch, capsys):
    monkeypatch.setattr(builder, "_compilers", lambda: [[sys.executable, "-c", "import none_such"]])
    assert builder.build() is None
    assert left(builder) == ["_nearest.c"]
    assert "none_such" in capsys.readouterr().err
