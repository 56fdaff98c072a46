"""Generates the protobuf and gRPC modules of ``vecstore.v1`` from ``protos/``.

Runs as a hatchling build hook (wheel and editable install alike), which also has the native code
compiled (``build_native.py``), and as a script: ``python build_stubs.py``. The output is never
committed.
"""

from __future__ import annotations

import runpy
import sys
import sysconfig
from importlib import resources, util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
PROTOS = ROOT / "protos"
OUTPUT = ROOT / "vecstore" / "v1"


def generate() -> None:
    """Write ``vecstore/v1/*_pb2.py``, their ``.pyi`` and ``*_pb2_grpc.py``."""
    from grpc_tools import protoc

    OUTPUT.mkdir(exist_ok=True)
    for old in OUTPUT.glob("*"):
        if old.is_file():
            old.unlink()
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    includes = [PROTOS, resources.files("grpc_tools") / "_proto", _google_rpc()]
    flags = [f"--{kind}_out={ROOT}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main(["protoc", *(f"-I{path}" for path in includes), *flags, *sources]) != 0:
        raise SystemExit(f"protoc failed on {PROTOS}: its message is above")
    (OUTPUT / "__init__.py").write_text('"""Generated from protos/vecstore/v1. Do not edit."""\n')


def _google_rpc() -> Path:
    """The folder above ``google/rpc/status.proto``, from googleapis-common-protos."""
    spec = util.find_spec("google.rpc.status_pb2")
    if spec is None or spec.origin is None:
        raise SystemExit("googleapis-common-protos is not installed: it brings google/rpc/*.proto")
    return Path(spec.origin).parents[2]


class BuildStubs(BuildHookInterface[Any]):
    """Generates the stubs and compiles the native code before anything is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            generate()
            if runpy.run_path(str(ROOT / "build_native.py"))["build"]():
                build_data["pure_python"] = False
                build_data["tag"] = f"cp311-abi3-{_platform()}"


def _platform() -> str:
    """This machine's part of a wheel's name."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


if __name__ == "__main__":
    generate()
    sys.stdout.write(f"wrote {OUTPUT}\n")
