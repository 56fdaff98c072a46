"""The command line in this process and in others, over a store in a folder and over a server."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import vecstore
from tests.serving import served
from vecstore.artifacts.manifest import CurvePoint
from vecstore.artifacts.weights import weights_digest
from vecstore.cli.main import run
from vecstore.records import Modality
from vecstore.spaces import Identity
from vecstore.specs import Encoder, Option
from vecstore.tasks import DataKind, PretextSpec, Progress, Trained

# Whatever plugins happen to be installed are not looked at.
OURS = {"VECSTORE_ALLOWED_PLUGINS": "builtin"}
COMMAND = [sys.executable, "-m", "vecstore.cli.main"]


@dataclass
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error that ``--json`` prints."""
        assert self.out == ""
        return json.loads(self.err.splitlines()[-1])["error"]


@dataclass
class Line:
    """A command line bound to one store.

    Args:
        where: the options that name the store.
        data: the store's folder.
    """

    where: Sequence[str]
    data: Path

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Outcome:
        split = arguments.index("--") if "--" in arguments else len(arguments)
        return call(*arguments[:split], *self.where, *arguments[split:], stdin=stdin)

    @property
    def remote(self) -> bool:
        return self.where[0] == "--server"


def call(*arguments: object, stdin: bytes = b"") -> Outcome:
    """Run a command in this process."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run([str(argument) for argument in arguments])
    finally:
        sys.stdin = before
    return Outcome(code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())


def environment(**more: str) -> dict[str, str]:
    """This process's environment with no settings of vecstore but ours, and with others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VECSTORE_")}
    return {**kept, **OURS, **more}


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VECSTORE_")]:
        monkeypatch.delenv(name)
    for name, value in OURS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(name="call")
def call_fixture() -> Callable[..., Outcome]:
    return call


@pytest.fixture
def spawn() -> Callable[..., Outcome]:
    """Run a command in a process of its own."""

    def run_apart(*arguments: object, stdin: bytes = b"", **env: str) -> Outcome:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            env=environment(**env),
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run_apart


@pytest.fixture
def embedded(tmp_path: Path) -> Line:
    """The command line over a folder."""
    data = tmp_path / "store"
    return Line(["--data", str(data)], data)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The command line over a server of this process, one for each module of tests."""
    data = tmp_path_factory.mktemp("served") / "store"
    with vecstore.open(data, settings=vecstore.Settings(allowed_plugins="builtin")) as store:
        store.claim()
        with served(store) as address:
            yield Line(["--server", address], data)


@pytest.fixture(params=["embedded", "remote"])
def cli(request: pytest.FixtureRequest) -> Iterator[Line]:
    """The command line over both; whatever a test made is deleted afterwards."""
    line: Line = request.getfixturevalue("server" if request.param == "remote" else "embedded")
    before = _collections(line) if line.remote else set()
    yield line
    for name in _collections(line) - before if line.remote else ():
        line("collections", "delete", name, "--yes")


def _collections(line: Line) -> set[str]:
    return {info["name"] for info in line("collections", "list", "--json").json["collections"]}


@pytest.fixture
def docs(cli: Line) -> Line:
    """The command line over a store with a collection ``docs`` of three records."""
    return _fill(cli, "docs")


@pytest.fixture(scope="module", params=["embedded", "remote"])
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """The same with a collection ``shelf``, for tests that leave it as it is."""
    if request.param == "remote":
        return _fill(request.getfixturevalue("server"), "shelf")
    data = tmp_path_factory.mktemp("shelf") / "store"
    return _fill(Line(["--data", str(data)], data), "shelf")


def _fill(line: Line, collection: str) -> Line:
    assert line("collections", "create", collection, "--encoder", "hashing@1").code == 0
    rows = [
        {"id": "copy", "text": "copy a directory tree", "kind": "function", "year": 2001},
        {"id": "parse", "text": "parse a date", "kind": "function", "year": 2003},
        {"id": "Path", "text": "a path of the file system", "kind": "class", "year": 2014},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    outcome = line("add", collection, "-", stdin=text.encode())
    assert outcome.code == 0, outcome.err
    return line


class Counts(Encoder):
    """What the task ``counting`` learns, whatever the text."""

    modalities = frozenset({Modality.TEXT})

    def __init__(self, artifact: Any) -> None:
        self._file = artifact.file("counts.safetensors")
        self._counts = load_file(self._file)["counts"]
        self.dim = len(self._counts)

    def identity(self) -> Identity:
        return Identity({"encoder": "counts/1", "weights": weights_digest([("0", self._file)])})

    def encode(self, inputs: Any, role: Any) -> Any:
        return np.tile(self._counts, (len(inputs), 1))


@dataclass
class Counting:
    """A pretext task that is done at once: counts what there is, round by round.

    Args:
        rounds: (first, last) round of each run of it.
        stop_at: the round after which somebody presses Ctrl-C.
        seen: the data, and everything about the latest run.
    """

    rounds: list[tuple[int, int]] = field(default_factory=list)
    stop_at: int | None = None
    seen: dict[str, Any] = field(default_factory=dict)

    def fit(self, data: Any, run: Any) -> Trained:
        self.seen = {
            "data": data,
            "options": dict(run.options),
            "seed": run.seed,
            "minutes": run.minutes,
            "starts": [start.manifest.name for start in run.starts],
        }
        kept = run.folder / "round"
        done = begun = int(kept.read_text()) if kept.exists() else 0
        for done in range(begun + 1, run.options["rounds"] + 1):
            kept.write_text(str(done))
            run.report(Progress("counting", done, run.options["rounds"], loss=1 / done))
            if done == self.stop_at:
                raise KeyboardInterrupt
        self.rounds.append((begun + 1, done))
        counts = np.full(run.options["size"], sum(data.counts.values()), np.float32)
        return Trained(
            write=lambda folder: save_file({"counts": counts}, folder / "counts.safetensors"),
            encoder={},
            metrics={"accuracy": 0.5},
            curve=[CurvePoint(n, 1 / n, 2 / n) for n in range(1, done + 1)],
            sizes={"parameters": len(counts)},
            runtime={"abacus": "1.0"},
            notes=["counted on ten fingers"],
        )

    @property
    def spec(self) -> PretextSpec:
        return PretextSpec(
            name="counting",
            summary="Counts.",
            paper="Ishango, 20,000 BC",
            modalities=(Modality.TEXT,),
            reads=DataKind.TEXT,
            fit=self.fit,
            load=lambda artifact, options: Counts(artifact),
            options=(
                Option("rounds", int, 3, "how often"),
                Option("size", int, 4, "length of the vectors"),
                Option("layer", int, 0, "of no consequence"),
            ),
            starts_from=("counting",),
            most_starts=2,
        )


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """A pretext task ``counting`` is there, beside those that come with vecstore."""
    from vecstore.pretext.builtin import pretext_specs

    task = Counting()
    monkeypatch.setattr("vecstore.registry.pretext_specs", lambda: (*pretext_specs(), task.spec))
    return task


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A file of two documents with three passages."""
    path = tmp_path / "corpus.txt"
    path.write_text("one\ntwo\n\nthree\n")
    return path
