"""Whether a passage follows another one, together with masked tokens: BERT as it was published.

Half of the pairs are true, the second part of the others is from another document. A text's
vector is the mean over its pieces in the last layer that is kept, at length 1.
"""

from __future__ import annotations

from vecstore.pretext import masked_tokens
from vecstore.pretext.bert_options import LOAD_OPTIONS, SHAPE_OPTIONS, TRAINING_OPTIONS
from vecstore.records import Modality
from vecstore.specs import Option
from vecstore.tasks import DataKind, PretextSpec, Run, TextData, Trained

NAME = "next-sentence"


def _fit(data: TextData, run: Run) -> Trained:
    from vecstore.pretext.next_training import fit

    return fit(data, run)


SPEC = PretextSpec(
    name=NAME,
    summary="Tells whether a passage follows another, and guesses hidden word pieces in both.",
    paper="J. Devlin, M. Chang, K. Lee, K. Toutanova: BERT: Pre-training of Deep Bidirectional "
    "Transformers for Language Understanding, NAACL 2019, arXiv:1810.04805",
    modalities=(Modality.TEXT,),
    reads=DataKind.TEXT,
    fit=_fit,
    load=masked_tokens.load,
    options=(
        *SHAPE_OPTIONS,
        Option("max_length", int, 128, "Word pieces of a pair, and of one text to encode"),
        Option("segment_tokens", int, 50, "Word pieces of a passage, at least; 0: one sentence"),
        Option("language", str, "en", "Whose rules tell where a sentence ends, such as en or de"),
        Option(
            "pair_head", str, "pooled", "pooled (compares the parts' means), or cls (as in BERT)"
        ),
        *TRAINING_OPTIONS,
        Option("epochs", float, 20.0, "Rounds over the texts, where no budget of minutes is given"),
        Option("validation", float, 0.1, "Share of the documents held out to judge by"),
    ),
    load_options=LOAD_OPTIONS,
    starts_from=(masked_tokens.NAME, NAME),
    requires=("torch", "transformers", "accelerate", "tokenizers", "sentencex"),
    extra="vecstore-server[training]",
)
