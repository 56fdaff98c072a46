"""The pages on writing plugins show the examples as they are, and what else they show runs."""

from pathlib import Path

import pytest

from vecstore import hookspecs

ROOT = Path(__file__).parents[2]


def test_a_block_that_names_a_file_is_that_file(page):
    for file, code in page.files.items():
        assert code == (ROOT / file).read_text(encoding="utf-8"), file


def test_the_whole_example_is_shown(page):
    kinds = {".py", ".toml"}
    files = {str(f.relative_to(ROOT)) for f in page.package.rglob("*") if f.suffix in kinds}
    assert set(page.files) == files


def test_the_tree_at_the_top_is_the_example(page):
    files = [f for f in page.package.rglob("*") if not f.name.startswith(("__pycache__", "."))]
    names = {f.name for f in files if f.suffix != ".pyc"}
    assert {page.package.name, *names} == page.tree


def test_code_that_is_no_file_runs(page, capsys):
    module = page.package.name.replace("-", "_")
    pytest.importorskip(module, reason=f"needs plugins/{page.package.name} installed")
    assert page.python
    for code in page.python:
        exec(compile(code, page.path.name, "exec"), {})
    assert capsys.readouterr().out


def test_every_command_exists_with_these_options(page, shown_help):
    """Asked for their help, the commands know every option that is shown."""
    assert page.commands
    for command in page.commands:
        arguments, shown = shown_help(command)
        assert shown.exit_code == 0, shown.output
        for option in (word for word in arguments if word.startswith("--")):
            assert option in shown.output, command


def test_every_hook_is_on_the_page():
    text = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    hooks = [name for name in vars(hookspecs) if name.startswith("vecstore_register_")]
    assert hooks
    for hook in hooks:
        assert f"`{hook}`" in text
