"""What the page on hybrid search shows runs, from top to bottom."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "hybrid.md"


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    try:
        for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
            exec(compile(code, PAGE.name, "exec"), names)
        assert {hit.id for hit in names["hits"]} <= {"moby", "waves", "fish"}
        assert "full_text" in capsys.readouterr().out
        together = names["shoes"].search_hybrid(
            fields={"default": "boot", "colour": names["red"]}, text=""
        )
        assert [source.name for source in together[0].sources] == ["default", "colour"]
    finally:
        names["store"].close()


def test_every_command_exists_with_these_options(shown_help):
    text = PAGE.read_text(encoding="utf-8")
    commands = re.findall(r"^\$ (vecstore .*)$", text, re.M)
    assert commands
    for command in commands:
        arguments, shown = shown_help(command)
        assert shown.exit_code == 0, shown.output
        for option in (word for word in arguments if word.startswith("--")):
            assert option in shown.output, command
