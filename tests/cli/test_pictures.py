"""Image files that a command line names."""

import subprocess
import sys

# In a process of its own: the limit is a process's, and a test runner's output is a file, too.
SHORT_OF_ROOM = """
import resource, sys
from vecstore.cli.pictures import save
from vecstore.errors import InvalidArgument
from vecstore.records import Record

resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
save(Record("a", image=bytes(100)), sys.argv[1] + "/a.png")
try:
    save(Record("b", image=bytes(100_000)), sys.argv[1] + "/b.png")
except InvalidArgument as error:
    print(error)
"""


def test_nothing_half_written_is_left(tmp_path):
    done = subprocess.run(
        [sys.executable, "-B", "-c", SHORT_OF_ROOM, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "b.png cannot be written: " in done.stdout
    assert "name another file" in done.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
