"""next-sentence on WikiText-2: trained on its validation part, judged on its test part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import vecstore
from benchmarks.quality.rows import Row
from benchmarks.quality.run import Bench
from benchmarks.quality_text import glosses, masked_tokens
from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.encoders.options import resolve_options
from vecstore.pretext.next_sentence import SPEC
from vecstore.tasks import Optimised, Progress, TorchJob
from vecstore.training.data import DataColumns, read_data

TASK = "next-sentence"
DATA = "WikiText-2, passages of about 50 pieces"
SEED = 1
SETTINGS = {"epochs": 20.0, "learning_rate": 1e-3}
ACCURACY, TOP1 = 0.70, 0.15
CHANCE = 0.5

_TITLE = re.compile(r"= [^=].*[^=] =")
_UNKNOWN = "<unk>"

Documents = list[list[str]]


@dataclass
class _Run:
    """A training whose heads are judged before they are dropped."""

    options: Mapping[str, Any]
    folder: Path
    starts: tuple[Artifact, ...]
    seed: int = SEED
    minutes: float | None = None
    job: TorchJob | None = None

    def report(self, progress: Progress) -> None:
        """Nobody watches."""

    def optimise(self, job: TorchJob) -> Optimised:
        """As in any training."""
        from vecstore.training.trainer import optimise

        self.job = job
        return optimise(job, seed=self.seed, minutes=None, folder=self.folder, report=self.report)


def rows(bench: Bench) -> list[Row]:
    """Train, and judge.

    Args:
        bench: its data holds ``wikitext2`` and ``wordnet``, its folder what masked-tokens left,
            which is trained here where it did not.
    """
    import torch

    from vecstore.pretext.next_training import judge_of
    from vecstore.pretext.wordpieces import read_tokenizer

    start = _start(bench)
    train, test = (
        _documents(bench.data / "wikitext2" / f"{part}.txt") for part in ("valid", "test")
    )
    run = _Run(resolve_options(SPEC, SETTINGS), bench.folder / TASK, (start,))
    run.folder.mkdir()
    SPEC.fit(read_data(SPEC.reads, train, DataColumns(), vecstore.Settings()), run)
    assert run.job is not None
    tokenizer = read_tokenizer(start.file("tokenizer.json"))
    judge = judge_of(tokenizer, test, run.options, SEED)
    with torch.no_grad():
        figures = judge(run.job.model.eval())
    pairs = sum(len(batch["next_label"]) for batch in judge.keywords["batches"])
    return [
        _accuracy(figures["next_accuracy"], pairs, _threshold(tokenizer, train, test, run)),
        _guesses(figures["masked_top1"]),
    ]


def _start(bench: Bench) -> Artifact:
    """What masked-tokens trained on WordNet's definitions."""
    place = bench.folder / masked_tokens.STORE
    model = place / "models" / f"{masked_tokens.NAME}@{masked_tokens.TRAINED}"
    if not model.is_dir():
        with vecstore.open(place) as store:
            found = glosses.read(bench.data)
            masked_tokens.train(store, found, masked_tokens.TRAINED, masked_tokens.EPOCHS)
    return read_artifact(model)


def _accuracy(reached: float, pairs: int, threshold: float) -> Row:
    half = 1.96 * (reached * (1 - reached) / pairs) ** 0.5
    return Row(
        TASK,
        DATA,
        "true and false next passages told apart",
        f"≥ {ACCURACY}",
        reached,
        f"{reached - half:.3f} to {reached + half:.3f}",
        1,
        "TF-IDF cosine above a threshold",
        threshold,
        reached >= ACCURACY,
        f"{'' if reached > threshold else 'TF-IDF is better: shared words give most pairs away. '}"
        f"Chance {CHANCE}; this bar shows that it learns, and no more",
    )


def _guesses(reached: float) -> Row:
    return Row(
        TASK,
        DATA,
        "hidden piece guessed right (top 1)",
        f"≥ {TOP1}",
        reached,
        "",
        1,
        "",
        None,
        reached >= TOP1,
        "learnt together with the pairs",
    )


def _threshold(tokenizer: Any, train: Documents, test: Documents, run: _Run) -> float:
    """How often the cosine of TF-IDF vectors tells the pairs, at the training pairs' best cut."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    from vecstore.pretext.masking import masker
    from vecstore.pretext.next_training import cut
    from vecstore.pretext.pairs import Pairs

    tfidf = TfidfVectorizer(sublinear_tf=True)

    def cosines(documents: Documents, *, fit: bool) -> tuple[Any, Any]:
        segments = cut(tokenizer, documents, run.options)
        pairs = Pairs(segments, masker(tokenizer, 0.15, False, SEED + 1), both=True)
        starts = segments.pieces.starts
        texts = [
            tokenizer.decode(segments.pieces.ids[starts[n] : starts[n + 1]].tolist())
            for n in range(len(segments))
        ]
        vectors = tfidf.fit_transform(texts) if fit else tfidf.transform(texts)
        firsts, seconds, true = pairs.pairs(np.arange(len(pairs)), 0)
        cosine = np.asarray(vectors[firsts].multiply(vectors[seconds]).sum(axis=1)).ravel()
        return cosine, true

    known, truth = cosines(train, fit=True)
    best = max(np.unique(known), key=lambda at: float(((known >= at) == truth).mean()))
    found, wanted = cosines(test, fit=False)
    return float(((found >= best) == wanted).mean())


def _documents(file: Path) -> Documents:
    """Articles, each a list of paragraphs; what the data set had hidden is left out."""
    found: Documents = []
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if _TITLE.fullmatch(text):
            found.append([])
        elif text and not text.startswith("=") and found:
            found[-1].append(text.replace(_UNKNOWN, "").replace(" @-@ ", "-"))
    return [document for document in found if document]
