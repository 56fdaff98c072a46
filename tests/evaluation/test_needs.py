"""Without the extra the core works, and what is missing is named."""

import subprocess
import sys

import numpy as np
import pytest

from vecstore.errors import InvalidArgument
from vecstore.evaluation import needs
from vecstore.evaluation.clustering import cluster
from vecstore.evaluation.health import health
from vecstore.evaluation.maps import map_2d
from vecstore.evaluation.pairs import correlate
from vecstore.evaluation.probe import probe

ROWS = np.eye(3, dtype=np.float32)
HEAVY = ("sklearn", "scipy", "matplotlib")
MODULES = ("agreement", "clustering", "health", "maps", "pairs", "probe", "retrieval")


def test_the_missing_library_and_the_extra_are_named(monkeypatch):
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name == "matplotlib" else name)
    with pytest.raises(
        InvalidArgument, match=r"needs matplotlib, .*'vecstore-server\[evaluation\]'"
    ):
        needs.require_libraries()


@pytest.mark.parametrize(
    "judge",
    [
        lambda: cluster(ROWS, ["a", "b", "b"], 0),
        lambda: probe(ROWS, ["a", "b", "b"], (1,)),
        lambda: correlate(ROWS, ROWS, [1.0, 2.0, 3.0], 0),
        lambda: health(ROWS),
        lambda: map_2d(ROWS, 0),
    ],
)
def test_what_needs_a_library_says_so_first(monkeypatch, judge):
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    with pytest.raises(InvalidArgument, match=r"vecstore-server\[evaluation\]"):
        judge()


def test_importing_the_room_imports_nothing_heavy():
    imports = "; ".join(f"import vecstore.evaluation.{name}" for name in MODULES)
    code = f"import sys; {imports}; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
