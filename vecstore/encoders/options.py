"""The settings of a loader or a task: every default resolved, text converted, nothing unknown."""

from __future__ import annotations

import math
from typing import Any

from vecstore.errors import InvalidArgument
from vecstore.specs import EncoderSpec, Option, Options
from vecstore.tasks import PretextSpec

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def resolve_options(spec: EncoderSpec | PretextSpec, given: Options) -> dict[str, Any]:
    """Every option of a loader or a pretext task with its value: the one given, or the default.

    Text is converted to the option's type, so that a command line can hand over what was typed.

    Raises:
        InvalidArgument: an option that it does not know, or a value of the wrong type.
    """
    owner = (
        f"the loader {spec.loader!r}" if isinstance(spec, EncoderSpec) else f"the task {spec.name}"
    )
    known = {option.name: option for option in spec.options}
    unknown = sorted(set(given) - set(known))
    if unknown:
        listed = ", ".join(sorted(known)) or "none"
        raise InvalidArgument(
            f"{owner} has no option {unknown[0]!r}; its options are: {listed}", field=unknown[0]
        )
    return {
        name: _convert(owner, option, given[name]) if name in given else option.default
        for name, option in known.items()
    }


def _convert(owner: str, option: Option, value: object) -> Any:
    if value is None and option.default is None:
        return None
    converted = _as_type(option.type, value)
    if converted is None:
        allowed = "true or false" if option.type is bool else f"a value of type {_name(option)}"
        raise InvalidArgument(
            f"the option {option.name!r} of {owner} is {value!r}; "
            f"{allowed} is needed ({option.help})",
            field=option.name,
        )
    return converted


def _as_type(kind: type, value: object) -> Any:
    """The value as ``kind``, or None where it is no such thing."""
    if isinstance(value, str):
        return _from_text(kind, value)
    if isinstance(value, bool) or kind in (bool, str):
        return value if type(value) is kind else None
    if kind is float and isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    return value if kind is int and isinstance(value, int) else None


def _from_text(kind: type, text: str) -> Any:
    if kind is str:
        return text
    if kind is bool:
        word = text.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    try:
        number = kind(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _name(option: Option) -> str:
    return {"str": "text", "int": "whole number", "float": "number"}[option.type.__name__]
