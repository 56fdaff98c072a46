"""Models of OpenCLIP as encoders of vecstore: text and images in one space."""

from __future__ import annotations

from collections.abc import Iterable

from vecstore.hookspecs import hookimpl
from vecstore.records import Modality
from vecstore.specs import Encoder, EncoderSpec, Option, Options

LOADER = "open-clip"

OPTIONS = (
    Option("weights", str, None, "a file of weights (safetensors, whole path)"),
    Option("pretrained", str, None, "OpenCLIP's tag of the weights, as in laion2b_s34b_b79k"),
    Option("tokenizer", str, None, "a folder with the tokenizer (whole path), if not the model's"),
    Option("revision", str, None, "commit, tag or branch on the hub; the newest by default"),
    Option("seed", int, None, "of a model random:NAME; 0 by default"),
    Option("normalize", bool, True, "make every vector length 1"),
    Option("device", str, None, "cpu, cuda, cuda:1, mps; the fastest there is by default"),
    Option("batch_size", int, 32, "texts or images that the model reads at a time"),
    Option("precision", str, "float32", "in memory: float32, float16 or bfloat16"),
)


@hookimpl
def vecstore_register_encoders() -> Iterable[EncoderSpec]:
    """One loader."""
    return [
        EncoderSpec(
            loader=LOADER,
            summary="OpenCLIP models, from files, folders or the hub: text and images.",
            modalities=(Modality.TEXT, Modality.IMAGE),
            load=_load,
            options=OPTIONS,
        )
    ]


def _load(source: str, options: Options) -> Encoder:
    from vecstore_open_clip.loading import load

    return load(source, options)
