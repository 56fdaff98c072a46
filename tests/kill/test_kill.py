"""SIGKILL at random moments: nothing acknowledged is lost, nothing deleted comes back."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import harness


@pytest.mark.timeout(280)
def test_twenty_kills(tmp_path):
    assert harness.run(tmp_path / "data", rounds=20, seed=20) == []


@pytest.mark.timeout(120)
def test_the_test_can_fail(tmp_path):
    """A server that acknowledges before it commits is caught."""
    wrong = harness.run(tmp_path / "data", 20, 1, "--early")
    assert any("batch" in line for line in wrong)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_thousand_kills(tmp_path):
    rounds = int(os.environ.get("KILLS", "1000"))
    assert harness.run(tmp_path / "data", rounds, seed=1000) == []
