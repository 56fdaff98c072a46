"""Words from the words around them: skip-gram or CBOW with negative sampling, made of gensim.

A text's vector is the mean of its words', each weighted by a / (a + p(word)), with the component
that all texts have in common taken out, at length 1 (S. Arora, Y. Liang, T. Ma: A Simple but
Tough-to-Beat Baseline for Sentence Embeddings, ICLR 2017).
"""

from __future__ import annotations

from vecstore.artifacts.folder import Artifact
from vecstore.records import Modality
from vecstore.specs import Encoder, Option, Options
from vecstore.tasks import DataKind, PretextSpec, Run, TextData, Trained

NAME = "word-context"


def _fit(data: TextData, run: Run) -> Trained:
    from vecstore.pretext.word_training import fit

    return fit(data, run)


def _load(artifact: Artifact, options: Options) -> Encoder:  # noqa: ARG001 - it has no options
    from vecstore.pretext.word_vectors import load

    return load(artifact)


SPEC = PretextSpec(
    name=NAME,
    summary="Learns words from the words around them; a text is the weighted mean of its words.",
    paper="T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean: Distributed Representations of "
    "Words and Phrases and their Compositionality, 2013, arXiv:1310.4546",
    modalities=(Modality.TEXT,),
    reads=DataKind.TEXT,
    fit=_fit,
    load=_load,
    options=(
        Option("vector_size", int, 150, "Length of the vectors"),
        Option("architecture", str, "skip-gram", "skip-gram, or cbow (quicker, coarser)"),
        Option("window", int, 8, "How many words to either side are a word's context, at most"),
        Option("epochs", int, 15, "Rounds over the texts, where no budget of minutes is given"),
        Option("negative", int, 5, "Words drawn at random beside every true one"),
        Option("min_count", int, 2, "Words that are rarer than this are unknown"),
        Option("sample", float, 1e-3, "Words above this share of the text are thinned; 0: none"),
        Option("learning_rate", float, 0.025, "At the start; falls linearly"),
        Option("workers", int, 1, "Threads; equal weights are promised for 1 only"),
        Option("unknown", str, "skip", "Unknown words: skip them, or make them from subwords"),
        Option("buckets", int, 50_000, "Vectors that the n-grams of subwords share"),
        Option("smoothing", float, 1e-3, "a of a word's weight a / (a + its share of the text)"),
        Option("validation", float, 0.01, "Share of the documents held out to judge by"),
        Option("patience", int, 0, "Stop after so many rounds without a better held-out loss"),
    ),
    starts_from=(NAME,),
    requires=("gensim",),
    extra="vecstore-server[words]",
)
