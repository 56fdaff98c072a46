"""Commands in sentences, completed by the options that name the store, so that they can be copied.

The library says "vecstore reembed resume docs": it does not know how the store was named here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

T = TypeVar("T")

# In backquotes stands the name of a command, which nobody is told to run; in quotes, and at the end
# of a path, what somebody else has called vecstore.
_COMMAND = re.compile(r"(?<![^\s(])vecstore ([a-z]+)(?: ([a-z]+))?")
_WORD = re.compile(r" [^\s-]\S*?(?=[.,:;)]*(?:\s|$))")
_END = re.compile(r"[,:;)](?:\s|$)|\.(?:\s|$)|\bvecstore ")
_STORE = re.compile(r"--(?:data|server|database)\b")

# They work on a folder alone.
OPERATORS = frozenset(
    {
        *("encoders accept", "encoders declare", "encoders register", "encoders verify"),
        *("models export", "models import", "models list", "models show"),
        *("dimensions", "evaluate", "spaces compare", "train", "transforms fit"),
    }
)


@dataclass(slots=True)
class _Run:
    """The command that runs: what commands there are, and how it named its store."""

    commands: Mapping[str, Any] = field(default_factory=dict)
    options: Sequence[str] = ()
    remote: bool = False


_run = _Run()


def begin(command: Any) -> None:
    """A command line is run.

    Args:
        command: all of them, as the parser has them.
    """
    _run.commands, _run.options, _run.remote = command.commands, (), False


def remember(data: str | None, server: str | None, database: str | None) -> None:
    """How the command that runs names its store."""
    _run.options, _run.remote = naming(data, server, database), bool(server)


def naming(data: str | None, server: str | None, database: str | None) -> list[str]:
    """The options that name a store again."""
    if server:
        return ["--server", server]
    # A database's URL may hold a password.
    return [*(["--data", data] if data else []), *(["--database", "URL"] if database else [])]


def completed(text: str) -> str:
    """A sentence in which every command names the store that this one was told to work on."""
    if not _run.options:
        return text
    parts, last = [], 0
    for found in _COMMAND.finditer(text):
        command, path, end = _found(found)
        if command is None or not _takes_a_store(command) or _named(text[end:]):
            continue
        end += _arguments(command, text[end:])
        # What only an operator may do is done beside the server.
        options = ["--data", "DIR"] if _run.remote and path in OPERATORS else _run.options
        parts += [text[last:end], f" {shlex.join(options)}"]
        last = end
    return "".join([*parts, text[last:]])


def told(value: T) -> T:
    """A status, a plan, a report or an operation with its sentences completed."""
    changes: dict[str, Any] = {}
    for name in ("error", "message"):
        if hasattr(value, name):
            changes[name] = completed(getattr(value, name))
    for name in ("blocked", "notes"):
        if hasattr(value, name):
            changes[name] = tuple(map(completed, getattr(value, name)))
    report = getattr(value, "report", None)
    if report is not None:
        changes["report"] = told(report)
    return replace(value, **changes)  # type: ignore[type-var]


def _found(found: re.Match[str]) -> tuple[Any, str, int]:
    """The command that was found, or None; its name; and where that ends."""
    group, name = found[1], found[2]
    command: Any = _run.commands.get(group)
    if hasattr(command, "commands"):
        return command.commands.get(name), f"{group} {name}", found.end()
    return command, group, found.end(1)


def _takes_a_store(command: Any) -> bool:
    return any(one.name == "data" for one in command.params)


def _named(rest: str) -> bool:
    """Whether the command names a store already."""
    end = _END.search(rest)
    return _STORE.search(rest[: end.start()] if end else rest) is not None


def _arguments(command: Any, rest: str) -> int:
    """How many characters the arguments have that the command cannot do without."""
    length = 0
    for one in command.params:
        if one.param_type_name == "argument" and one.required and one.nargs == 1:
            word = _WORD.match(rest[length:])
            if word is None:
                break
            length += word.end()
    return length
