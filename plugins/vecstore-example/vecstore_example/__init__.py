"""An example of a vecstore plugin: texts as the mean of their words' vectors."""

from __future__ import annotations

from collections.abc import Iterable

import vecstore
from vecstore.records import Modality
from vecstore.specs import Encoder, EncoderSpec, Option, Options, ReadyRelease


@vecstore.hookimpl
def vecstore_register_encoders() -> Iterable[EncoderSpec]:
    """One loader, and one release that is ready to use."""
    return [
        EncoderSpec(
            loader="word-vectors",
            summary="The mean of the vectors of a text's words, from a file of word vectors.",
            modalities=(Modality.TEXT,),
            load=_load,
            options=(Option("lowercase", bool, True, "look words up in lower case"),),
            ready=(ReadyRelease("colours", "1", "builtin:colours"),),
        )
    ]


def _load(source: str, options: Options) -> Encoder:
    from vecstore_example.encoder import load  # what is slow to import belongs in here

    return load(source, options)
