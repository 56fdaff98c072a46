"""What a training is to be, written down before it begins, so that a resumed one is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vecstore.errors import TrainingFailed
from vecstore.files.durable import write_whole

_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides what a training ends with.

    Args:
        name: ``model@version`` of what it trains.
        task: the pretext task.
        options: every option with its value.
        data: kind, digest and counts of the data.
        seed: of everything random.
        minutes: the budget, or None.
        starts: name and fingerprint of each artifact that it starts from, in their order.
        libraries: versions of what trains; others may end with other weights.
        about: name and domain of the data, as people know it. It decides nothing, and so may differ
            in a resumed training.
    """

    name: str
    task: str
    options: Mapping[str, Any]
    data: Mapping[str, Any]
    seed: int
    minutes: float | None
    starts: Sequence[Mapping[str, str]] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)


def write_plan(folder: Path, plan: Plan) -> None:
    """Write a plan to the folder of its training; whole, or not at all.

    Raises:
        OSError: the disk's answer.
    """
    write_whole(folder / _FILE, json.dumps(asdict(plan), indent=1))


def read_plan(folder: Path) -> Plan | None:
    """The plan of an interrupted training; None where there is none.

    Raises:
        TrainingFailed: it cannot be read.
    """
    try:
        return Plan(**json.loads((folder / _FILE).read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise TrainingFailed(
            f"the plan of the unfinished training in {str(folder)!r} cannot be read ({error}); "
            "throw it away with --restart (restart=True in Python)"
        ) from error


def same_plan(old: Plan, new: Plan) -> Plan:
    """The plan to go on with: the old one, if the new one asks for the same.

    A budget that is not named again is the old one's; so is what people know of the data.

    Raises:
        TrainingFailed: they differ; the message names every difference.
    """
    about = {**old.about, **new.about}
    minutes = old.minutes if new.minutes is None else new.minutes
    asked = replace(new, minutes=minutes, about=old.about)
    changes = differences(asdict(old), json.loads(json.dumps(asdict(asked))))
    if not changes:
        return replace(old, about=about)
    raise TrainingFailed(
        f"the unfinished training of {old.name} differs from this one: {'; '.join(changes)}. Run "
        "it again as it was begun, throw it away with --restart (restart=True in Python), or take "
        "another version",
        encoder=old.name,
    )


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What differs, as ``"options.epochs was 5 and is 6"``, in the order of the names."""
    found = []
    for key in sorted(set(old) | set(new)):
        was, now = _numbered(old.get(key)), _numbered(new.get(key))
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            found += differences(was, now, f"{prefix}{key}.")
        elif was != now:
            found.append(f"{prefix}{key} was {_show(was)} and is {_show(now)}")
    return found


def _numbered(value: object) -> object:
    """A list as a mapping of its places, so that each is compared by itself."""
    return {str(n): one for n, one in enumerate(value, 1)} if isinstance(value, list) else value


def _show(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 24 else f"{text[:12]}..."  # noqa: PLR2004 - digests, shortened
