"""Compiles the C files of ``vecstore``, where there is a C compiler.

Part of the build (see ``build_stubs.py``), and a script: ``python build_native.py``. What comes out
is never committed. Nothing depends on it: where one cannot be built, NumPy does its work, slower.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SOURCES = tuple(sorted((ROOT / "vecstore").glob("*/_*.c")))

# Python's stable interface of 3.11 on: one file for every later version.
STABLE = "0x030B0000"
# Products and sums stay apart, so that they are rounded as NumPy rounds them.
FLAGS = ("-std=c11", "-O3", "-fPIC", "-ffp-contract=off", f"-DPy_LIMITED_API={STABLE}")
LINK = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared",)


def build() -> list[Path]:
    """The compiled modules; what could not be compiled is left out, with a warning."""
    return [made for source in SOURCES if (made := _built(source)) is not None]


def _built(source: Path) -> Path | None:
    output = source.with_suffix(".abi3.so")
    # What an older source left must not outlive it.
    output.unlink(missing_ok=True)
    said = "this Python has no stable binary interface"
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        said = "there is no C compiler"
        for compiler in _compilers():
            said = _compile(compiler, source, output)
            if not said:
                return output
    sys.stderr.write(f"warning: vecstore is built without {source.name}: {said}\n")
    return None


def _compilers() -> list[list[str]]:
    """Commands that compile C, those that were asked for first."""
    named = (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang")
    commands = [shlex.split(str(name)) for name in named if name]
    return [command for command in commands if command and shutil.which(command[0])]


def _compile(compiler: list[str], source: Path, output: Path) -> str:
    """Compile; what was wrong, or nothing."""
    beside = output.with_suffix(f".{os.getpid()}")
    include = f"-I{sysconfig.get_path('include')}"
    command = [*compiler, *FLAGS, include, *LINK, "-o", str(beside), str(source), "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode == 0:
            # A process that has the old file open keeps it.
            beside.replace(output)
            return ""
        return f"{compiler[0]}: {done.stderr.strip()}"
    except OSError as error:
        return str(error)
    finally:
        beside.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(len(build()) < len(SOURCES))
