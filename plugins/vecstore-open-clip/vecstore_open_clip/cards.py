"""What a model was trained for and on, as far as its name says so."""

from __future__ import annotations

from vecstore.evaluations import TaskCard
from vecstore_open_clip.sources import ModelSource

_CONTRASTIVE = "telling which text goes with which image (CLIP, arXiv:2103.00020)"
_CAPTIONING = "that, and writing captions (CoCa, arXiv:2205.01917)"


def card_of(found: ModelSource) -> TaskCard | None:
    """The task card of a model; None where nothing but its files is known.

    OpenCLIP's tags begin with the name of the data: ``laion2b_s34b_b79k``.
    """
    if found.weights is None:
        return TaskCard("nothing: freshly drawn weights", {"kind": "none"}, "the source's name")
    data = {name: found.provenance[name] for name in ("tag", "hub") if name in found.provenance}
    if not data:
        return None
    writes = "multimodal_cfg" in found.config
    trained_for = f"{_CONTRASTIVE}; {_CAPTIONING}" if writes else _CONTRASTIVE
    return TaskCard(trained_for, data, "its name" if "tag" not in data else "OpenCLIP's tag")
