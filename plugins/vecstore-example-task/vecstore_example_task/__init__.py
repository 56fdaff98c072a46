"""An example of a vecstore plugin that trains: spellings, by a denoising autoencoder."""

from __future__ import annotations

from collections.abc import Iterable

import vecstore
from vecstore.artifacts.folder import Artifact
from vecstore.records import Modality
from vecstore.specs import Encoder, Option, Options
from vecstore.tasks import DataKind, PretextSpec, Run, TextData, Trained


@vecstore.hookimpl
def vecstore_register_pretext_tasks() -> Iterable[PretextSpec]:
    """One task, which is also the loader of what it has trained."""
    return [
        PretextSpec(
            name="spelling",
            summary="Learns how words are spelt: finds back letters that were taken away.",
            paper="P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol: Extracting and Composing "
            "Robust Features with Denoising Autoencoders, ICML 2008",
            modalities=(Modality.TEXT,),
            reads=DataKind.TEXT,
            fit=_fit,
            load=_load,
            options=(
                Option("dim", int, 32, "Length of the vectors"),
                Option("noise", float, 0.3, "Share of the letters' trigrams taken away"),
                Option("epochs", int, 20, "Rounds over the texts"),
                Option("validation", float, 0.1, "Share of the texts held out to judge by"),
            ),
            requires=("torch", "transformers", "accelerate"),
            extra="vecstore-example-task[training]",
        )
    ]


def _fit(data: TextData, run: Run) -> Trained:
    from vecstore_example_task.training import fit  # what is slow to import belongs in here

    return fit(data, run)


def _load(artifact: Artifact, _: Options) -> Encoder:
    from vecstore_example_task.encoder import SpellingEncoder

    return SpellingEncoder(artifact)
