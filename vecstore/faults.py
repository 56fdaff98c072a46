"""What goes wrong inside a plugin or with a model's files, told to those whom it concerns."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from vecstore.errors import (
    ArtifactDamaged,
    EncoderNotFound,
    FailedPrecondition,
    InvalidArgument,
    PluginError,
    VecstoreError,
)

log = logging.getLogger(__name__)


@contextlib.contextmanager
def discreet(name: str) -> Iterator[None]:
    """Why a model cannot be loaded may name the operator's files: not for every client's eyes."""
    try:
        yield
    except (InvalidArgument, EncoderNotFound, PluginError, ArtifactDamaged) as error:
        log.error("%s cannot be loaded: %s", name, error.message)
        raise FailedPrecondition(
            f"{name} cannot be loaded now; its operator finds the reason with: "
            f"vecstore encoders verify {name}",
            encoder=name,
        ) from error


@contextlib.contextmanager
def plugins_faults(loader: str, doing: str) -> Iterator[None]:
    """What a plugin raises by mistake, told as what it is."""
    try:
        yield
    except VecstoreError:
        raise
    except Exception as error:
        raise PluginError(
            f"the loader {loader} failed on {doing} with {error!r}, which is a fault of its "
            "plugin; report it to the plugin's author",
            loader=loader,
        ) from error
