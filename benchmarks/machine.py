"""On what the figures were measured."""

from __future__ import annotations

import datetime
import os
import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = (
    "vecstore-server",
    "hnswlib",
    "numpy",
    "SQLAlchemy",
    "grpcio",
    "protobuf",
    "sentence-transformers",
    "torch",
    "transformers",
    "gensim",
)


def describe() -> dict[str, str]:
    """Machine and versions, for people; nothing that names the machine or its user."""
    versions = {name: installed for name in _LIBRARIES if (installed := _version(name))}
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": _memory(),
        "load": _load(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **versions,
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _load() -> str:
    """How busy the machine is, which should be nearly nothing before a measurement."""
    try:
        return f"{os.getloadavg()[0]:.1f} processes wanted to run in the minute before"
    except OSError:
        return "unknown"


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return "unknown"
    return f"{size / 2**30:.0f} GiB"
