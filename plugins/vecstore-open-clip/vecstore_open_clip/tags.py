"""What OpenCLIP knows of weights that others have trained, by their tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vecstore.errors import InvalidArgument

_PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")


@dataclass(frozen=True, slots=True)
class Tag:
    """Weights that somebody has trained.

    Args:
        repository: their name on the hub; empty where they are not there.
        preprocess: how images were prepared for them.
    """

    repository: str
    preprocess: Mapping[str, Any]


def tag_of(architecture: str, tag: str, config: Mapping[str, Any]) -> Tag:
    """The weights of this tag.

    Raises:
        InvalidArgument: no such tag, weights for another activation, or not on the hub.
    """
    found = _known(architecture, tag, config)
    if not found.repository:
        raise InvalidArgument(
            f"the weights {tag} of {architecture} are not on the Hugging Face hub; download them, "
            "convert them to safetensors, and name the file with weights=FILE",
            field="pretrained",
        )
    return found


def preprocessing_of(
    architecture: str, tag: str | None, config: Mapping[str, Any], *, any_will_do: bool = False
) -> Mapping[str, Any]:
    """How images are prepared for weights of an architecture.

    Args:
        architecture: its name.
        tag: whose weights; None where all that are known were trained alike.
        config: the architecture.
        any_will_do: whether the library's defaults serve where they were not.

    Raises:
        InvalidArgument: no such tag, or the weights of this architecture differ.
    """
    if tag is not None:
        return _known(architecture, tag, config).preprocess
    import open_clip

    tags = open_clip.list_pretrained_tags_by_model(architecture)
    ways = [_preprocess(open_clip.get_pretrained_cfg(architecture, one)) for one in tags]
    if ways and all(way == ways[0] for way in ways):
        return ways[0]
    if ways and not any_will_do:
        raise InvalidArgument(
            f"weights of {architecture} were trained with images prepared in several ways; say "
            f"which they are: pretrained=TAG, where TAG is one of {', '.join(tags)}",
            field="pretrained",
        )
    return {}


def _known(architecture: str, tag: str, config: Mapping[str, Any]) -> Tag:
    import open_clip

    found: dict[str, Any] = open_clip.get_pretrained_cfg(architecture, tag)
    if not found:
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        raise InvalidArgument(
            f"OpenCLIP knows no weights {tag!r} of {architecture}; it knows: "
            f"{', '.join(tags) or 'none'}",
            field="pretrained",
        )
    if bool(found.get("quick_gelu")) != bool(config.get("quick_gelu")):
        needed = "QuickGELU" if found.get("quick_gelu") else "GELU"
        other = architecture.removesuffix("-quickgelu")
        other = other if other != architecture else f"{architecture}-quickgelu"
        raise InvalidArgument(
            f"the weights {tag} were trained with the activation {needed}, which {architecture} "
            f"does not have; the source {other} has it",
            field="pretrained",
        )
    repository = "/".join(str(found.get("hf_hub") or "").split("/")[:2])
    return Tag(repository, _preprocess(found))


def _preprocess(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in _PREPROCESSING if found.get(name) is not None}
