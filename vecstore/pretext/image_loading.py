"""The loader of the tasks that train one backbone on images; light until it is called."""

from __future__ import annotations

from vecstore.artifacts.folder import Artifact
from vecstore.specs import Encoder, Options


def load(artifact: Artifact, options: Options) -> Encoder:
    """See :func:`vecstore.pretext.image_encoder.load_encoder`."""
    from vecstore.pretext.image_encoder import load_encoder

    return load_encoder(artifact, options)
