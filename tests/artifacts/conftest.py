import numpy as np
import pytest
from safetensors.numpy import save_file

from vecstore.artifacts.folder import seal_artifact
from vecstore.artifacts.manifest import CurvePoint, Manifest


def manifest(**changes):
    said = {
        "name": "ab@1",
        "task": "letters",
        "options": {"dim": 2},
        "encoder": {},
        "data": {"kind": "text", "digest": "00", "documents": 1},
        "seed": 3,
        "minutes": None,
        "seconds": 1.5,
        "sizes": {"vocabulary": 2},
        "metrics": {"loss": 0.5},
        "curve": (CurvePoint(1, 2.0), CurvePoint(2, 1.0, 1.5, {"accuracy": 0.5})),
        "lineage": ({"name": "ab@0", "fingerprint": "11"},),
        "fingerprint": "22",
        "parts": {"weights": "33"},
        "dim": 2,
        "created_at": "2026-01-01T00:00:00+00:00",
        "files": {},
        "notes": ("a note",),
    }
    return Manifest(**(said | changes))


@pytest.fixture
def make_manifest():
    return manifest


@pytest.fixture
def artifact(tmp_path):
    folder = tmp_path / "artifact"
    (folder / "inner").mkdir(parents=True)
    save_file({"table": np.eye(2, dtype=np.float32)}, folder / "model.safetensors")
    (folder / "inner" / "vocabulary.json").write_text('["a", "b"]')
    return seal_artifact(folder, manifest())
