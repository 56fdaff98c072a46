"""All that is known of a trained model, as names and values for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from vecstore.cli.curve import draw_curve

if TYPE_CHECKING:
    from vecstore.artifacts.manifest import Manifest
    from vecstore.training.info import ModelInfo

_MINUTE = 60
_HOUR = 3600


def model_fields(info: ModelInfo, levels: str) -> dict[str, str]:
    """What ``models show`` prints.

    Args:
        info: the model.
        levels: characters to draw the learning curve with; see :func:`draw_curve`.
    """
    fields = {"name": info.name, "dim": str(info.space.dim), "fingerprint": info.space.fingerprint}
    if info.manifest is None:
        return {**fields, "problem": info.problem}
    about = info.manifest
    fields |= {
        "task": about.task,
        "trained at": about.created_at,
        "took": duration(about.seconds),
        "budget": "none" if about.minutes is None else f"{about.minutes:g} minutes",
        "seed": str(about.seed),
        "started from": _lineage(about),
    }
    fields |= _each("data", about.data)
    fields |= _each("option", about.options, _plain)
    fields |= _each("size", about.sizes)
    fields |= _each("metric", about.metrics)
    fields |= draw_curve(about.curve, levels=levels)
    fields |= {f"note {number}": note for number, note in enumerate(about.notes, 1)}
    fields |= _each("encoder", about.encoder, _plain)
    fields |= _each("part", about.parts, _plain)
    fields |= {
        f"file {name}": f"{entry.bytes:,} bytes, sha256 {entry.sha256}"
        for name, entry in about.files.items()
    }
    fields["digest"] = about.digest
    return fields | _each("runtime", info.runtime)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{int(seconds) // _MINUTE} min {int(seconds) % _MINUTE} s"
    return f"{int(seconds) // _HOUR} h {int(seconds) % _HOUR // _MINUTE} min"


def figure(value: object) -> str:
    """A figure of a manifest, easy to read; what is no number as it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    return _plain(value)


def _plain(value: object) -> str:
    """A value as it can be typed again."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _each(
    kind: str, values: Mapping[str, Any], write: Callable[[object], str] = figure
) -> dict[str, str]:
    return {f"{kind} {name}": write(value) for name, value in values.items()}


def _lineage(about: Manifest) -> str:
    if not about.lineage:
        return "scratch"
    return ", before that ".join(
        f"{one.get('name', '?')} (fingerprint {one.get('fingerprint', '')[:12]})"
        for one in about.lineage
    )
