"""Encoding through the store beside ``SentenceTransformer.encode``: the same texts, one model."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import vecstore
from benchmarks.figures import Bar, Figure
from benchmarks.ground import Ground
from benchmarks.measure import HERE, interleave, rate

NAME = "encode"
SPEED = Bar(0.95)
MODEL = "all-MiniLM-L6-v2"
PLUGIN = "vecstore_sentence_transformers"
TEXTS = 512
MAX_ROUNDS = 5


def run(ground: Ground) -> list[Figure]:
    """One figure, whatever the sizes."""
    what = f"encode {TEXTS:,} docstrings, {MODEL}"
    if importlib.util.find_spec(PLUGIN) is None:
        note = "the plugin vecstore-sentence-transformers is not installed"
        return [Figure(NAME, what, "", bar=SPEED, note=note)]
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging
    from vecstore_sentence_transformers.sources import MINILM, PACKAGE, find

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    texts = documentation()
    with vecstore.open(ground.folder / "encode") as store:
        store.encode(MODEL, texts[:1])
        folder = find(f"{PACKAGE}{MINILM}", None).path
        model = SentenceTransformer(str(folder), local_files_only=True)
        rounds = interleave(
            lambda _: store.encode(MODEL, texts),
            lambda _: model.encode(texts, show_progress_bar=False),
            min(MAX_ROUNDS, ground.rounds),
        )
    low, ratio, high = rounds.quicker()
    return [
        Figure(
            NAME,
            what,
            f"{rate(len(texts), rounds.ours):,.0f} texts/s",
            f"{rate(len(texts), rounds.peer):,.0f} texts/s",
            ratio,
            low,
            high,
            SPEED,
        )
    ]


def documentation(count: int = TEXTS) -> list[str]:
    """Docstrings of the standard library, spread over all of it."""
    command = [sys.executable, str(HERE / "examples" / "stdlib_docs.py")]
    lines = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    ).stdout.splitlines()
    return [json.loads(line)["text"] for line in lines[:: max(1, len(lines) // count)][:count]]
