"""The JSON shapes of pretext tasks and trained models, one function each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vecstore.cli import shapes

if TYPE_CHECKING:
    from vecstore.specs import Option
    from vecstore.tasks import PretextSpec
    from vecstore.training.info import ModelInfo

Json = dict[str, Any]


def option(value: Option) -> Json:
    """A setting of a loader or a task."""
    return {
        "name": value.name,
        "type": value.type.__name__,
        "default": value.default,
        "help": value.help,
    }


def task(value: PretextSpec, missing: list[str]) -> Json:
    """A pretext task, and which of the modules that it needs are missing."""
    return {
        "name": value.name,
        "summary": value.summary,
        "paper": value.paper,
        "modalities": [str(modality) for modality in value.modalities],
        "reads": str(value.reads),
        "starts_from": list(value.starts_from),
        "most_starts": value.most_starts,
        "requires": list(value.requires),
        "missing": missing,
        "extra": value.extra,
        "options": [option(each) for each in value.options],
        "load_options": [option(each) for each in value.load_options],
    }


def model(value: ModelInfo) -> Json:
    """A trained model: what its manifest says, and the versions that trained it apart."""
    shape: Json = {
        "name": value.name,
        "space": shapes.space(value.space),
        "problem": value.problem or None,
        "digest": None,
        "manifest": None,
        "runtime": dict(value.runtime),
    }
    if value.manifest is not None:
        shape["digest"] = value.manifest.digest
        shape["manifest"] = json.loads(value.manifest.to_json())
    return shape
