import shutil
from pathlib import Path

import pytest
from vecstore_sentence_transformers import vecstore_register_encoders
from vecstore_sentence_transformers.encoder import load
from vecstore_sentence_transformers.sources import MINILM, find, is_installed

from vecstore.encoders.options import resolve_options

SOURCE = f"package:{MINILM}"


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and {"minilm", "needs_minilm"} & set(item.fixturenames):
            item.add_marker(pytest.mark.torch)
            if not is_installed(MINILM):
                item.add_marker(pytest.mark.skip(f"needs the package {MINILM}"))


@pytest.fixture(scope="session")
def spec():
    (spec,) = vecstore_register_encoders()
    return spec


@pytest.fixture(scope="session")
def load_model(spec):
    """Load a source with these options, the others at their defaults."""

    def load_model(source=SOURCE, **options):
        return load(str(source), resolve_options(spec, {"device": "cpu", **options}))

    return load_model


@pytest.fixture(scope="session")
def minilm(load_model):
    """The packaged MiniLM, loaded once. One thread: on a busy machine, two wait for each other."""
    import torch

    torch.set_num_threads(1)
    return load_model()


@pytest.fixture
def needs_minilm():
    """Mark a test that loads the packaged MiniLM by itself."""


@pytest.fixture
def copy(needs_minilm, tmp_path):  # noqa: ARG001
    """A copy of MiniLM's folder, to be changed."""
    target = tmp_path / "model"
    shutil.copytree(find(SOURCE, None).path, target, ignore=shutil.ignore_patterns("*.md"))
    return target
