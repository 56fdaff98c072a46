"""What the page on bridges shows runs, from top to bottom."""

import re
import shlex
from pathlib import Path

import typer

from vecstore.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "bridges.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    try:
        for code in re.findall(r"```python\n(.*?)```", TEXT, re.S):
            exec(compile(code, PAGE.name, "exec"), names)
        assert names["hits"].bridge == "to-old"
        assert names["docs"].list_bridges() == []
        assert "old@1 to-old" in capsys.readouterr().out
        assert set(re.findall(r"^\| `(\S+)` \|", TEXT, re.M)) == set(names["bridge"].figures)
    finally:
        names["store"].close()


def test_every_command_exists_with_these_options():
    commands = re.findall(r"^\$ vecstore (.*)$", TEXT, re.M)
    assert commands
    for command in commands:
        found, words = typer.main.get_command(app), shlex.split(command)
        while hasattr(found, "commands"):
            found = found.commands[words.pop(0)]
        options = {name for parameter in found.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, command
