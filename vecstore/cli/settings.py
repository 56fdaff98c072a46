"""``--set OPTION=VALUE``, repeated, and the options that are short for one."""

from __future__ import annotations

from collections.abc import Sequence

from vecstore.errors import InvalidArgument


def parse_settings(settings: Sequence[str], **short: object) -> dict[str, str]:
    """``["a=1", "b=x"]`` as a mapping; values stay text, which the options convert.

    Args:
        settings: what --set was given.
        short: options of the command line that are short for --set; None where not given.

    Raises:
        InvalidArgument: no ``=``, no name, or one name twice.
    """
    also = [f"{name}={value}" for name, value in short.items() if value is not None]
    chosen: dict[str, str] = {}
    for setting in [*settings, *also]:
        name, equals, value = setting.partition("=")
        if not (name and equals):
            raise InvalidArgument(
                f"--set {setting!r} is no OPTION=VALUE; write for example --set max_length=256",
                field="set",
            )
        if name in chosen:
            hint = f" (--{name} is short for --set {name}=...)" if name in short else ""
            raise InvalidArgument(
                f"the option {name} is set twice, to {chosen[name]!r} and to {value!r}; set it "
                f"once{hint}",
                field="set",
            )
        chosen[name] = value
    return chosen
