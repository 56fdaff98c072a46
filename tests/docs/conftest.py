"""Pages that show a whole package, file by file."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<code>.*?)```", re.S)
GROUPS = ("encoders", "collections", "tasks", "models")


@dataclass(frozen=True)
class PackagePage:
    """A page of documentation, and the package that it shows."""

    path: Path
    package: Path

    @property
    def text(self):
        return self.path.read_text(encoding="utf-8")

    @property
    def _blocks(self):
        return [match.groupdict() for match in BLOCK.finditer(self.text)]

    @property
    def files(self):
        return {block["file"]: block["code"] for block in self._blocks if block["file"]}

    @property
    def python(self):
        return [b["code"] for b in self._blocks if b["kind"] == "python" and not b["file"]]

    @property
    def commands(self):
        lines = [
            line.removeprefix("$ ").split("  #")[0]
            for block in self._blocks
            if block["kind"] == "console"
            for line in block["code"].splitlines()
        ]
        return [line for line in lines if "vecstore " in line]

    @property
    def tree(self):
        name = f"{self.package.name}/"
        (tree,) = (b["code"] for b in self._blocks if b["code"].startswith(name))
        return {line.split()[0].rstrip("/") for line in tree.splitlines()}


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames:
        shown = {"plugins.md": "vecstore-example", "pretext-tasks.md": "vecstore-example-task"}
        pages = [
            PackagePage(ROOT / "docs" / name, ROOT / "plugins" / package)
            for name, package in shown.items()
        ]
        metafunc.parametrize("page", pages, ids=list(shown))


@pytest.fixture
def shown_help():
    """The help of the command that a line of a page calls."""

    def shown_help(command):
        from typer.testing import CliRunner

        from vecstore.cli.main import app

        words = [word for word in shlex.split(command) if not re.match(r"[A-Z_]+=", word)]
        path = [word for word in words[1:3] if re.fullmatch(r"[a-z]+", word)]
        group = path[:2] if path[0] in GROUPS else path[:1]
        return words[1:], CliRunner().invoke(app, [*group, "--help"], env={"COLUMNS": "200"})

    return shown_help
