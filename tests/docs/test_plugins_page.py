"""The page on writing plugins shows the example as it is, and what else it shows runs."""

import re
import shlex
from pathlib import Path

import pytest

from vecstore import hookspecs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "plugins" / "vecstore-example"

BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<code>.*?)```", re.S)
BLOCKS = [match.groupdict() for match in BLOCK.finditer(PAGE)]
FILES = {block["file"]: block["code"] for block in BLOCKS if block["file"]}
PYTHON = [b["code"] for b in BLOCKS if b["kind"] == "python" and not b["file"]]
COMMANDS = [
    line.removeprefix("$ ").split("  #")[0]
    for block in BLOCKS
    if block["kind"] == "console"
    for line in block["code"].splitlines()
]


@pytest.mark.parametrize("file", FILES)
def test_a_block_that_names_a_file_is_that_file(file):
    assert FILES[file] == (ROOT / file).read_text(encoding="utf-8")


def test_the_whole_example_is_shown():
    kinds = {".py", ".toml"}
    files = {str(f.relative_to(ROOT)) for f in EXAMPLE.rglob("*") if f.suffix in kinds}
    assert set(FILES) == files


def test_the_tree_at_the_top_is_the_example():
    (tree,) = (block["code"] for block in BLOCKS if block["code"].startswith("vecstore-example/"))
    shown = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    files = [f for f in EXAMPLE.rglob("*") if not f.name.startswith(("__pycache__", "."))]
    assert {EXAMPLE.name, *(f.name for f in files if f.suffix != ".pyc")} == shown


def test_code_that_is_no_file_runs(capsys):
    pytest.importorskip("vecstore_example", reason="needs plugins/vecstore-example installed")
    assert PYTHON
    for code in PYTHON:
        exec(compile(code, "docs/plugins.md", "exec"), {})
    assert "example" in capsys.readouterr().out


@pytest.mark.parametrize("command", [c for c in COMMANDS if "vecstore " in c])
def test_every_command_exists_with_these_options(command):
    """Asked for their help, the commands know every option that is shown."""
    from typer.testing import CliRunner

    from vecstore.cli.main import app

    words = [word for word in shlex.split(command) if not re.match(r"[A-Z_]+=", word)]
    arguments = words[1:]
    path = [word for word in arguments[:2] if re.fullmatch(r"[a-z]+", word)]
    group = path[:2] if path[0] in ("encoders", "collections") else path[:1]
    shown = CliRunner().invoke(app, [*group, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    for option in (word for word in arguments if word.startswith("--")):
        assert option in shown.output


def test_every_hook_is_on_the_page():
    hooks = [name for name in vars(hookspecs) if name.startswith("vecstore_register_")]
    assert hooks
    for hook in hooks:
        assert f"`{hook}`" in PAGE
