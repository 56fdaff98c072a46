"""CLINC150: short questions to an assistant, of 150 intents, and some of none of them.

Larson et al. 2019, "An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ENCODER = "all-MiniLM-L6-v2@1"
FILE = Path("clinc150") / "data_full.json"
NAME = "CLINC150"

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Clinc:
    """The questions, each with its intent, divided as they come.

    Args:
        train, validation, test: of the intents.
        strange: of none of them, for the test.
    """

    train: Pairs
    validation: Pairs
    test: Pairs
    strange: Pairs


def read(data: Path) -> Clinc:
    """Read all questions.

    Args:
        data: the folder that holds ``clinc150/data_full.json``.
    """
    found = json.loads((data / FILE).read_text(encoding="utf-8"))
    train, validation, test, strange = (
        [(text, intent) for text, intent in found[part]]
        for part in ("train", "val", "test", "oos_test")
    )
    return Clinc(train, validation, test, strange)
