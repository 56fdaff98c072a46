"""Models of the Hugging Face hub, or of its cache on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vecstore.errors import EncoderNotFound

_TOKENIZERS = ["tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "*.model"]


@dataclass(frozen=True, slots=True)
class HubFolder:
    """A model of the hub on this machine: its folder, and where it came from."""

    path: Path
    provenance: Mapping[str, str]


def from_hub(repository: str, revision: str | None, files: Sequence[str]) -> HubFolder:
    """These files of a repository, and its tokenizer.

    Raises:
        EncoderNotFound: neither the hub nor its cache has it.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = f"{repository} at revision {revision}" if revision else repository
    try:
        path = Path(
            snapshot_download(
                repository, revision=revision, allow_patterns=[*files, *_TOKENIZERS, "*.json"]
            )
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderNotFound(
            f"{wanted} cannot be had: it is not in the hub's cache on this machine, and the hub "
            f"did not give it ({first_line(error)}). Check the name and the network, or give a "
            "folder",
            source=repository,
        ) from error
    return HubFolder(path, {"hub": repository, "commit": path.name})


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:300]}"
