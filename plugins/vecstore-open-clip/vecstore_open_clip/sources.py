"""From what an operator wrote to an architecture, its weights and its tokenizer."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vecstore.errors import InvalidArgument
from vecstore.specs import Options
from vecstore_open_clip.hub import from_hub
from vecstore_open_clip.tags import preprocessing_of, tag_of

RANDOM = "random:"
HUB = "hf-hub:"
CONFIG = "open_clip_config.json"
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors")

_OTHER_WEIGHTS = "model.safetensors"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".npz", ".npy")
_VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model")
_CONVERT = (
    'such files are not read, since they can run code. Convert it once: python -c "import torch, '
    "safetensors.torch as s; d = torch.load('OLD', weights_only=True); d = d.get('state_dict', d); "
    "s.save_file({k: v.clone() for k, v in d.items()}, 'NEW.safetensors')\""
)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What a model is made from.

    Args:
        config: OpenCLIP's description of the architecture.
        preprocess: what is known of the preprocessing of images; the library's defaults are for
            the rest.
        weights: a safetensors file; None for a freshly initialised model.
        tokenizer: a folder that holds it; None for the one that the architecture names.
        seed: of a freshly initialised model.
        provenance: where it came from, for the record.
    """

    config: Mapping[str, Any]
    preprocess: Mapping[str, Any] = field(default_factory=dict)
    weights: Path | None = None
    tokenizer: Path | None = None
    seed: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict)


def find(source: str, options: Options) -> ModelSource:
    """What to make a model from, fetched from the hub where it must be.

    Args:
        source: an architecture's name, ``hf-hub:ORG/NAME``, a folder, a JSON file with an
            architecture, or ``random:`` before any of them but the hub's.
        options: every option of the loader with its value.

    Raises:
        InvalidArgument: no such model, or options that do not go with it.
        EncoderNotFound: neither the hub nor its cache has it.
    """
    if not source:
        raise InvalidArgument(
            "a source is needed: the name of an architecture, a folder, a JSON file, "
            f"{HUB}ORG/NAME or {RANDOM}NAME",
            field="source",
        )
    found = _find(source, options)
    if options["tokenizer"] is not None:
        folder = _whole(options["tokenizer"], "tokenizer")
        if not _holds_tokenizer(folder):
            raise InvalidArgument(
                f"the option tokenizer is {str(folder)!r}, which is no folder with one of the "
                f"files {', '.join(_VOCABULARIES)}",
                field="tokenizer",
            )
        found = replace(found, tokenizer=folder)
    return found


def _find(source: str, options: Options) -> ModelSource:
    if source.startswith(RANDOM):
        _only(options, source, "seed", "tokenizer")
        found = _described(source.removeprefix(RANDOM))
        return replace(found, weights=None, seed=options["seed"] or 0)
    if source.startswith(HUB):
        _only(options, source, "revision", "tokenizer")
        folder = from_hub(source.removeprefix(HUB), options["revision"], [CONFIG, *WEIGHTS])
        found = _from_folder(folder.path)
        return replace(found, provenance=folder.provenance)
    if Path(source).expanduser().is_dir():
        _only(options, source, "tokenizer")
        return _from_folder(Path(source).expanduser())
    if source.endswith(".json"):
        _only(options, source, "weights", "tokenizer")
        return _with_file(_from_file(Path(source).expanduser()), source, options)
    return _named(source, options)


def _named(name: str, options: Options) -> ModelSource:
    _only(options, name, "weights", "pretrained", "revision", "tokenizer")
    config = _architecture(name)
    tag = options["pretrained"]
    if options["weights"] is not None and options["revision"] is not None:
        _only(options, name, "weights", "pretrained", "tokenizer")
    if options["weights"] is None and tag is not None:
        about = tag_of(name, tag, config)
        folder = from_hub(about.repository, options["revision"], list(WEIGHTS))
        return ModelSource(
            config,
            about.preprocess,
            _weights_in(folder.path),
            provenance={**folder.provenance, "tag": tag},
        )
    return _with_file(ModelSource(config, preprocessing_of(name, tag, config)), name, options)


def _described(source: str) -> ModelSource:
    """An architecture without weights."""
    if source.endswith(".json") or "/" in source:
        path = _whole(source, "source")
        return _from_file(path / CONFIG if path.is_dir() else path)
    config = _architecture(source)
    return ModelSource(config, preprocessing_of(source, None, config, any_will_do=True))


def _with_file(found: ModelSource, source: str, options: Options) -> ModelSource:
    if options["weights"] is None:
        raise InvalidArgument(
            f"the source {source!r} says the architecture only; add weights=FILE.safetensors, or "
            f"pretrained=TAG for weights of the hub, or write {RANDOM}{source} for a freshly "
            "initialised model",
            field="weights",
        )
    file = _whole(options["weights"], "weights")
    if file.suffix in _PICKLES:
        raise InvalidArgument(f"the weights are in {file.name}; {_CONVERT}", field="weights")
    if not file.is_file():
        raise InvalidArgument(
            f"the option weights is {str(file)!r}, and no file is there; give a safetensors file",
            field="weights",
        )
    return replace(found, weights=file)


def _from_folder(folder: Path) -> ModelSource:
    if not (folder / CONFIG).is_file():
        raise InvalidArgument(
            f"{folder.name!r} holds no OpenCLIP model: {CONFIG} is not in it", field="source"
        )
    found = _from_file(folder / CONFIG)
    return replace(found, weights=_weights_in(folder))


def _weights_in(folder: Path) -> Path:
    for name in (*WEIGHTS, _OTHER_WEIGHTS):
        if (folder / name).is_file():
            return folder / name
    pickles = sorted(file.name for file in folder.iterdir() if file.suffix in _PICKLES)
    if pickles:
        raise InvalidArgument(
            f"the model has its weights in {pickles[0]} and none in {WEIGHTS[0]}; {_CONVERT}",
            field="source",
        )
    raise InvalidArgument(
        f"{folder.name!r} holds no weights: {WEIGHTS[0]} is not in it; for a freshly initialised "
        f"model write {RANDOM} before the folder",
        field="source",
    )


def _from_file(file: Path) -> ModelSource:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidArgument(
            f"the architecture {file.name} cannot be read ({type(error).__name__}: {error}); give "
            f"a JSON file as OpenCLIP writes it, with embed_dim, vision_cfg and text_cfg",
            field="source",
        ) from error
    described = content.get("model_cfg", content) if isinstance(content, dict) else {}
    if not _is_architecture(described):
        raise InvalidArgument(
            f"{file.name} describes no architecture: embed_dim, vision_cfg and text_cfg are needed",
            field="source",
        )
    tokenizer = file.parent if _holds_tokenizer(file.parent) else None
    return ModelSource(described, content.get("preprocess_cfg") or {}, tokenizer=tokenizer)


def _is_architecture(config: Any) -> bool:
    return (
        isinstance(config, dict)
        and isinstance(config.get("embed_dim"), int)
        and all(isinstance(config.get(part), dict) for part in ("vision_cfg", "text_cfg"))
    )


def _architecture(name: str) -> dict[str, Any]:
    import open_clip

    known = open_clip.list_models()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"; near to it are {', '.join(near)}" if near else ""
        raise InvalidArgument(
            f"the source {name!r} is no folder, no JSON file and no architecture of OpenCLIP{hint}."
            f" open_clip.list_models() lists them all; models of the hub are {HUB}ORG/NAME",
            field="source",
        )
    config: dict[str, Any] = open_clip.get_model_config(name)
    return config


def _holds_tokenizer(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _VOCABULARIES)


def _whole(path: str, name: str) -> Path:
    """A path that means the same to a server that was started elsewhere."""
    found = Path(path).expanduser()
    if not found.is_absolute():
        raise InvalidArgument(
            f"{name} is {path!r}, which means another file wherever the model is loaded from "
            f"another folder; give the whole path: {found.absolute()}",
            field=name,
        )
    return found


def _only(options: Options, source: str, *wanted: str) -> None:
    """Refuse options that mean nothing to this kind of source."""
    for name in ("weights", "pretrained", "tokenizer", "revision", "seed"):
        if options[name] is not None and name not in wanted:
            raise InvalidArgument(
                f"the option {name}={options[name]} means nothing for the source {source!r}; "
                "leave it out",
                field=name,
            )
