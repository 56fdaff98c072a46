"""Vectors of categories: a table of them for each column, learnt by predicting a target.

The tables are the embedding layers of a network with hidden layers on top, and all of it that is
kept: look-up tables. Values that are close for the target get rows that are close.
"""

from __future__ import annotations

from vecstore.artifacts.folder import Artifact
from vecstore.records import Modality
from vecstore.specs import Encoder, Option, Options
from vecstore.tasks import DataKind, PretextSpec, Run, TableData, Trained

NAME = "categories"


def _fit(data: TableData, run: Run) -> Trained:
    from vecstore.pretext.category_training import fit

    return fit(data, run)


def _load(artifact: Artifact, options: Options) -> Encoder:  # noqa: ARG001 - it has no options
    from vecstore.pretext.category_tables import load

    return load(artifact)


SPEC = PretextSpec(
    name=NAME,
    summary="Learns a vector for each value of each column by predicting a target from them; "
    "encodes a row, or one column's value.",
    paper="C. Guo, F. Berkhahn: Entity Embeddings of Categorical Variables, 2016, arXiv:1604.06737",
    modalities=(Modality.CATEGORIES,),
    reads=DataKind.TABLE,
    fit=_fit,
    load=_load,
    options=(
        Option("kind", str, "auto", "What the target is: regression, classes, or auto"),
        Option("dim", int, 0, "Numbers of each value; 0: half of the column's values, up to 50"),
        Option("hidden", str, "128,64", "Sizes of the hidden layers; empty for none"),
        Option("epochs", int, 30, "Rounds over the rows, where no budget of minutes is given"),
        Option("batch_size", int, 256, "Rows a step, at most; a round has 16 steps at least"),
        Option("learning_rate", float, 4e-3, "At its height; warmed up, then falls linearly"),
        Option("weight_decay", float, 0.01, "Of tables and layers"),
        Option("value_dropout", float, 0.05, "Share of values shown as unknown, to learn its row"),
        Option("validation", float, 0.2, "Share of the rows held out to judge by"),
        Option("split", str, "random", "Which rows are held out: random, or the last of the file"),
        Option("patience", int, 0, "Stop after so many of 10 judgements without a better one"),
        Option("precision", str, "float32", "float32, bf16, or auto: what the device does best"),
    ),
    requires=("torch", "transformers", "accelerate"),
    extra="vecstore-server[training]",
)
