"""What a re-embedding is told, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from vecstore.errors import InvalidArgument
from vecstore.inputs import shorten
from vecstore.reembeddings import Decision, ReembedOptions, SwitchMode

# Seconds; what waits takes no number at all.
_LONGEST = 86_400.0

_CHOICES: dict[str, tuple[Decision, ...]] = {
    "brought": tuple(Decision),
    "without_input": (Decision.ASK, Decision.CARRY, Decision.LEAVE_OUT),
    "failures": (Decision.ASK, Decision.LEAVE_OUT),
}


def checked_options(
    *,
    gates: Sequence[str],
    switch: object,
    brought: object,
    without_input: object,
    failures: object,
    cores: object,
) -> ReembedOptions:
    """Options as they go on record.

    Args:
        gates: checked already.

    Raises:
        InvalidArgument: one has no meaning.
    """
    return ReembedOptions(
        gates=tuple(gates),
        switch=_switch(switch),
        brought=decision("brought", brought),
        without_input=decision("without_input", without_input),
        failures=decision("failures", failures),
        cores=checked_cores(cores),
    )


def decision(name: str, value: object) -> Decision:
    """What becomes of some records.

    Raises:
        InvalidArgument: there is no such choice for them.
    """
    choices = _CHOICES[name]
    found = next((one for one in choices if one == value), None)
    if found is None:
        raise InvalidArgument(
            f"{name} is {shorten(value)}; it is one of {', '.join(choices)}", field=name
        )
    return found


def checked_cores(value: object) -> float:
    """A share of the cores.

    Raises:
        InvalidArgument: it is not above 0 and up to 1.
    """
    if not _number(value) or not 0 < float(value) <= 1:  # type: ignore[arg-type]
        raise InvalidArgument(
            f"cores is {shorten(value)}; it is a share of the cores, above 0 up to 1",
            field="cores",
        )
    return float(value)  # type: ignore[arg-type]


def checked_seconds(value: object) -> float:
    """A time to wait.

    Raises:
        InvalidArgument: it is not above 0.
    """
    if not _number(value) or not float(value) > 0:  # type: ignore[arg-type]
        raise InvalidArgument(
            f"every is {shorten(value)}; it is seconds, above 0, between two answers",
            field="every",
        )
    return min(float(value), _LONGEST)  # type: ignore[arg-type]


def _switch(value: object) -> SwitchMode:
    found = next((one for one in SwitchMode if one == value), None)
    if found is None:
        raise InvalidArgument(
            f"switch is {shorten(value)}; it is one of {', '.join(SwitchMode)}", field="switch"
        )
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
