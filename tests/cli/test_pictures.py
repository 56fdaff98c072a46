"""Image files that a command line names."""

import resource

import pytest

from vecstore.cli.pictures import save
from vecstore.errors import InvalidArgument
from vecstore.records import Record


@pytest.fixture
def short_of_room():
    """No file may get more than 100 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("short_of_room")
def test_nothing_half_written_is_left(tmp_path):
    save(Record("a", image=bytes(100)), str(tmp_path / "a.png"))
    with pytest.raises(InvalidArgument, match=r"b\.png cannot be written: .*name another file"):
        save(Record("b", image=bytes(100_000)), str(tmp_path / "b.png"))
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
