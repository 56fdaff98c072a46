"""The documentation of Python's standard library as records, one JSON object a line.

Every public function, class and method that has a docstring, of the interpreter that runs this::

    python examples/stdlib_docs.py | vecstore add docs -

Run it as a process of its own: it imports nearly every module there is.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

# Modules that open windows or browsers, print, are no part of the library, or are on their way out.
SKIPPED = {"antigravity", "test", "this", "tkinter", "turtle", "turtledemo"}
SKIPPED |= {"distutils", "idlelib", "lib2to3"}
# os.path is one of these two; the other one says the same under a name that nobody uses.
PATHS = {"genericpath", "ntpath", "posixpath"}
# Where C code keeps what a public module shows.
HIDDEN = {"builtins", "nt", "posix", ""}

MAX_TEXT = 600
ENOUGH_TEXT = 120

_GENERATED = re.compile(r"Alias for field number \d+|\w+\(.*\)( -> \w+)?", re.DOTALL)
_MARKUP = re.compile(r"[`*]{1,2}|:(func|class|meth|mod|exc|attr|data|const):")

Json = dict[str, Any]


def records() -> list[Json]:
    """Every documented public function, class and method once, sorted by name.

    Returns:
        Objects with the keys id (such as "shutil.copytree"), text (what is searched) and the
        payload's module, kind, name and summary.
    """
    named: dict[int, tuple[str, str, Any]] = {}
    for module in _modules():
        for name, value in _public(module):
            entry = (f"{_name_of(module)}.{name}", _name_of(module), value)
            known = named.get(id(value))
            if known is None or _rank(entry) < _rank(known):
                named[id(value)] = entry
    found: dict[str, Json] = {}
    for path, module_name, value in sorted(named.values(), key=_rank):
        for record in _described(path.removeprefix("builtins."), module_name, value):
            found.setdefault(record["id"], record)
    return [found[key] for key in sorted(found)]


def _modules() -> Iterator[ModuleType]:
    for name in sorted(sys.stdlib_module_names):
        if name.startswith("_") or name in SKIPPED | PATHS:
            continue
        module = _import(name)
        if module is None:
            continue
        yield module
        if name == "os":
            yield sys.modules["os.path"]
        for info in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}."):
            parts = info.name.split(".")
            if any(part.startswith("_") or part in {"test", "tests"} for part in parts):
                continue
            inner = _import(info.name)
            if inner is not None:
                yield inner


def _import(name: str) -> ModuleType | None:
    """A module, or None where this machine does not have what it needs."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError, RuntimeError, AttributeError):
        return None


def _name_of(module: ModuleType) -> str:
    return "os.path" if module is sys.modules["os.path"] else module.__name__


def _public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module shows as its own."""
    names = getattr(module, "__all__", None) or dir(module)
    top = _name_of(module).partition(".")[0]
    for name in names:
        if name.startswith("_"):
            continue
        value = getattr(module, name, None)
        if not (inspect.isroutine(value) or inspect.isclass(value)):
            continue
        home = str(getattr(value, "__module__", "") or "").partition(".")[0]
        own = home == top or home.startswith("_") or home in HIDDEN | PATHS
        if own and not (home == "builtins" and top != "builtins"):
            yield name, value


def _rank(entry: tuple[str, str, Any]) -> tuple[int, bool, str]:
    """Short and proper names first: asyncio.run, not asyncio.runners.run; array, not ArrayType."""
    path, _, value = entry
    alias = path.rpartition(".")[2] != getattr(value, "__name__", "")
    return path.count("."), alias, path


def _described(path: str, module: str, value: Any) -> Iterator[Json]:
    """The record of a function; of a class and its methods."""
    kind = "class" if inspect.isclass(value) else "function"
    record = _record(path, module, kind, value)
    if record is not None:
        yield record
    if kind == "class":
        for name, member in sorted(vars(value).items()):
            inner = getattr(member, "__func__", member)
            if not name.startswith("_") and inspect.isroutine(inner):
                record = _record(f"{path}.{name}", module, "method", inner)
                if record is not None:
                    yield record


def _record(path: str, module: str, kind: str, value: Any) -> Json | None:
    written = getattr(value, "__doc__", None)
    if not isinstance(written, str):
        return None
    name = path.rpartition(".")[2]
    text = _text(inspect.cleandoc(written), name)
    if " " not in text or _GENERATED.fullmatch(text):
        return None
    summary = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    return {
        "id": path,
        "text": f"{path}: {text}",
        "module": module,
        "kind": kind,
        "name": name,
        "summary": summary,
    }


def _text(written: str, name: str) -> str:
    """The first paragraphs without the signature that docstrings of C code begin with."""
    signature = re.compile(rf"([\w.]+\.)?{re.escape(name)}\(")
    lines = written.split("\n")
    while lines and signature.match(lines[0]):
        opened = 0
        while lines and (opened := opened + _balance(lines.pop(0))) > 0:
            pass
    text = ""
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines).strip()):
        plain = " ".join(_MARKUP.sub("", paragraph).split())
        if text and (len(text) >= ENOUGH_TEXT or plain.startswith((">>>", "-"))):
            break
        text = f"{text} {plain}".strip()
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT].rpartition(" ")[0]


def _balance(line: str) -> int:
    return line.count("(") - line.count(")")


def main() -> None:
    """Print the records as JSON lines."""
    warnings.simplefilter("ignore")
    for record in records():
        sys.stdout.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
