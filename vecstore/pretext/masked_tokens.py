"""Hidden pieces of texts, guessed from the pieces around them: BERT's first task.

A text's vector is the mean over its pieces in the last layer that is kept, at length 1.
"""

from __future__ import annotations

from vecstore.artifacts.folder import Artifact
from vecstore.pretext.bert_options import LOAD_OPTIONS, SHAPE_OPTIONS, TRAINING_OPTIONS
from vecstore.records import Modality
from vecstore.specs import Encoder, Option, Options
from vecstore.tasks import DataKind, PretextSpec, Run, TextData, Trained

NAME = "masked-tokens"


def _fit(data: TextData, run: Run) -> Trained:
    from vecstore.pretext.masked_training import fit

    return fit(data, run)


def load(artifact: Artifact, options: Options) -> Encoder:
    """The encoder of a BERT that either task has trained."""
    from vecstore.pretext.bert import load_encoder

    return load_encoder(artifact, options)


SPEC = PretextSpec(
    name=NAME,
    summary="Guesses hidden word pieces from those around them; a text is the mean of its pieces.",
    paper="J. Devlin, M. Chang, K. Lee, K. Toutanova: BERT: Pre-training of Deep Bidirectional "
    "Transformers for Language Understanding, NAACL 2019, arXiv:1810.04805",
    modalities=(Modality.TEXT,),
    reads=DataKind.TEXT,
    fit=_fit,
    load=load,
    options=(
        *SHAPE_OPTIONS,
        Option("max_length", int, 128, "Word pieces of one text; longer ones are cut"),
        *TRAINING_OPTIONS,
        Option("epochs", float, 10.0, "Rounds over the texts, where no budget of minutes is given"),
        Option("validation", float, 0.02, "Share of the texts held out to judge by"),
    ),
    load_options=LOAD_OPTIONS,
    starts_from=(NAME,),
    requires=("torch", "transformers", "accelerate", "tokenizers"),
    extra="vecstore-server[training]",
)
