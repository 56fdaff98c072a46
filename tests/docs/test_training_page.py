"""The page on training names every task as it is, and what it shows runs."""

import re
from pathlib import Path

import pytest

from vecstore.config import Settings
from vecstore.registry import Registry

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.S)
COMMANDS = [
    line.split("  #")[0].strip()
    for kind, code in BLOCKS
    if kind == "console"
    for line in code.splitlines()
    if re.search(r"^vecstore |vecstore\.cli\.main", line)
]
TASKS = {
    match["name"]: match["row"]
    for match in re.finditer(r"^\| `(?P<name>[a-z-]+)` \| (?P<row>.*)$", PAGE, re.M)
}


@pytest.fixture(scope="module")
def specs():
    registry = Registry.load(Settings(), entry_points=False)
    return {spec.name: spec for spec in registry.pretext_specs()}


def test_every_task_is_in_the_table(specs):
    assert specs
    assert set(specs) <= set(TASKS)


def test_what_a_task_reads_and_needs_is_said(specs):
    for name, spec in specs.items():
        reads, _, needs = (cell.strip() for cell in TASKS[name].strip("| ").split(" | "))
        assert spec.reads.value in reads
        assert spec.requires[0] in needs


def test_papers_are_those_of_the_tasks(specs):
    for name, spec in specs.items():
        author, year = re.search(r"(\w+) (?:et al\.|and \w+) (\d{4})", TASKS[name]).groups()
        assert author in spec.paper
        assert year in spec.paper


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists_with_these_options(command, shown_help):
    command = re.sub(r"^.*vecstore\.cli\.main", "vecstore", command)
    arguments, shown = shown_help(command)
    assert shown.exit_code == 0, shown.output
    for option in (word for word in arguments if word.startswith("--")):
        assert option in shown.output


def test_there_are_commands():
    assert {"tasks", "train", "models"} <= {command.split()[1] for command in COMMANDS}


def test_the_python_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("gensim", reason="gensim is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VECSTORE_ALLOWED_PLUGINS", "builtin")
    blocks = [code for kind, code in BLOCKS if kind == "python"]
    assert blocks
    for code in blocks:
        exec(compile(code, "docs/training.md", "exec"), {})
    assert capsys.readouterr().out.startswith("glosses@1 (16 dims")
