"""What the page on searching shows runs, from top to bottom."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "searching.md"


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    try:
        for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
            exec(compile(code, PAGE.name, "exec"), names)
        assert names["hits"][0].id == "copy"
        whole = names["docs"].search("directory", k=4)
        assert [*names["first"], *names["second"]] == list(whole)
        assert [hits[0].id for hits in names["batch"]] == ["copy", "date", "copy"]
        assert "os [" in capsys.readouterr().out
    finally:
        names["store"].close()


def test_every_command_exists_with_these_options(shown_help):
    commands = re.findall(r"^\$ (vecstore .*)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert commands
    for command in commands:
        arguments, shown = shown_help(command)
        assert shown.exit_code == 0, shown.output
        for option in (word for word in arguments if word.startswith("--")):
            assert option in shown.output, command
