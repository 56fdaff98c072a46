"""Sentence Transformers models as encoders of vecstore."""

from __future__ import annotations

from collections.abc import Iterable

from vecstore.hookspecs import hookimpl
from vecstore.records import Modality
from vecstore.specs import Encoder, EncoderSpec, Option, Options, ReadyRelease
from vecstore_sentence_transformers.sources import MINILM, is_installed

LOADER = "sentence-transformers"

OPTIONS = (
    Option("revision", str, None, "commit, tag or branch on the hub; the newest by default"),
    Option("query_prompt", str, None, "prompt of queries: one of the model's by name, or text"),
    Option("document_prompt", str, None, "prompt of documents: one of the model's, or text"),
    Option("max_length", int, None, "tokens of one text; the model's own limit by default"),
    Option("normalize", bool, False, "make every vector length 1, also where the model does not"),
    Option("device", str, None, "cpu, cuda, cuda:1, mps; the fastest there is by default"),
    Option("batch_size", int, 32, "texts or images that the model reads at a time"),
    Option("dtype", str, "float32", "precision in memory: float32, float16 or bfloat16"),
)


@hookimpl
def vecstore_register_encoders() -> Iterable[EncoderSpec]:
    """One loader, and all-MiniLM-L6-v2 as a ready release where its package is installed."""
    minilm = ReadyRelease("all-MiniLM-L6-v2", "1", f"package:{MINILM}", modalities=(Modality.TEXT,))
    return [
        EncoderSpec(
            loader=LOADER,
            summary="Sentence Transformers models, from a folder, the hub or a package.",
            modalities=(Modality.TEXT, Modality.IMAGE),
            load=_load,
            options=OPTIONS,
            ready=(minilm,) if is_installed(MINILM) else (),
        )
    ]


def _load(source: str, options: Options) -> Encoder:
    from vecstore_sentence_transformers.encoder import load

    return load(source, options)
