"""What a model says of itself in the README.md of its folder: its model card, as the hub has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vecstore.evaluations import TaskCard
from vecstore.inputs import text_flaw

_README = "README.md"
_MOST, _LONGEST = 100, 200


def card_of(folder: Path) -> TaskCard | None:
    """The task card of a model's folder; None where it holds no README.md that says anything.

    Nothing is fetched.
    """
    from huggingface_hub import ModelCard

    try:
        text = (folder / _README).read_text(encoding="utf-8", errors="replace")
        card: Any = ModelCard(text, ignore_metadata_errors=True)
        said = dict(card.data.to_dict())
    except Exception:  # noqa: BLE001 - whatever an author wrote, the model is as good without it
        return None
    named = {"datasets": _texts(said.get("datasets")), "languages": _texts(said.get("language"))}
    data = {name: values for name, values in named.items() if values}
    task = _texts(said.get("pipeline_tag"))
    if not (task or data):
        return None
    return TaskCard(task[0] if task else "not said", data, f"the model card ({_README})")


def _texts(value: object) -> list[str]:
    """One value or several, as texts; what is no text that can be kept is left out.

    So are lists in lists: a few lines of YAML can stand for more of them than fit into memory.
    """
    values = value if isinstance(value, list) else [value]
    texts = [str(one)[:_LONGEST] for one in values[:_MOST] if isinstance(one, str | int | float)]
    return [text for text in texts if text.strip() and not text_flaw(text)]
