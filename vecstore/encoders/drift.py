"""Is the model that was loaded the model that was registered? Asked at every load."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from vecstore.encoders.canary import Agreement, canary_name, canary_vectors, compare_canaries
from vecstore.errors import ModelDrift
from vecstore.spaces import FloatArray, Identity, short, split_full_name
from vecstore.specs import Encoder

_SHOWN = 40
_NAMED = 4
_ABSENT = "none"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def describe_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The parts of two identities that differ: ``"max_length: 256 -> 128"``, sorted by name.

    Parts that are mappings on both sides are compared item by item: ``"pooling.mode: ..."``.
    """
    changes = []
    for name in sorted(set(old) | set(new)):
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            changes += [f"{name}.{change}" for change in describe_change(before, after)]
        elif name not in old or name not in new or _canonical(before) != _canonical(after):
            shown = [_show(side[name]) if name in side else _ABSENT for side in (old, new)]
            changes.append(f"{name}: {shown[0]} -> {shown[1]}")
    return changes


def check_release(
    encoder: Encoder,
    recorded_parts: Mapping[str, Any],
    recorded_fingerprint: str,
    recorded_canaries: FloatArray,
    name: str,
    *,
    loader: str = "LOADER",
    source: str = "SOURCE",
    options: Collection[str] = (),
) -> str | None:
    """Compare a loaded encoder with what is on record of its release.

    Args:
        encoder: as it was loaded now.
        recorded_parts, recorded_fingerprint, recorded_canaries: as they were at registration.
        name: ``model@version``.
        loader, source: as registered, for the command in the message.
        options: names of those that it was registered with, for the same. Their values are nobody
            else's.

    Returns:
        None where nothing changed, or a warning where only the precision did.

    Raises:
        ModelDrift: it is another model; the message says what changed and what to do.
    """
    identity = encoder.identity()
    if identity.fingerprint != recorded_fingerprint:
        advice = _advice(name, loader, source, options)
        raise _changed_parts(identity, recorded_parts, recorded_fingerprint, name, advice)
    verdict = compare_canaries(recorded_canaries, canary_vectors(encoder))
    if verdict.agreement is Agreement.SAME:
        return None
    where = "" if verdict.worst is None else f", most for the {canary_name(encoder, verdict.worst)}"
    if verdict.agreement is Agreement.OTHER_PRECISION:
        return (
            f"{name} runs in another precision than at its registration: its canary vectors "
            f"deviate by {verdict.deviation:.1e}{where}; results may differ slightly"
        )
    raise ModelDrift(
        f"{name} has the parts that were registered, but gives other vectors: its canaries deviate "
        f"by {verdict.deviation:.1e}{where}. A library, the precision or the device changed what "
        "it computes: run it as it was registered, or "
        f"{_advice(name, loader, source, options)}",
        changed="canaries",
        encoder=name,
    )


def _changed_parts(
    identity: Identity, parts: Mapping[str, Any], fingerprint: str, name: str, advice: str
) -> ModelDrift:
    changes = describe_change(parts, identity.parts)
    if not changes:
        missing = ", ".join(identity.missing) or _ABSENT
        changes = [f"parts that cannot be read: now {missing}"]
    # What to do stands last, and a message on the wire has an end.
    more = f"; and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
    return ModelDrift(
        f"{name} is not the model that was registered under this name: fingerprint "
        f"{short(identity.fingerprint)} instead of {short(fingerprint)}. "
        f"Changed: {'; '.join(changes[:_NAMED])}{more}. Collections of {name} cannot be written or "
        f"searched with it: put the registered model back, or {advice}",
        changed=", ".join(change.split(":")[0] for change in changes),
        encoder=name,
    )


def _advice(name: str, loader: str, source: str, options: Collection[str]) -> str:
    model, version = split_full_name(name)
    following = str(int(version) + 1) if version.isdecimal() else f"{version}-2"
    chosen = "".join(f" --set {option}=VALUE" for option in options)
    return (
        "register what is there now as a new version: "
        f"vecstore encoders register {model}@{following} --loader {loader} --source {source}"
        f"{chosen}, and "
        "move each collection there while it goes on answering: "
        f"vecstore reembed start COLLECTION --to {model}@{following}"
    )


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _show(value: object) -> str:
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return short(value)
    text = repr(value) if isinstance(value, str) else _canonical(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
