"""What goes wrong inside a plugin or with a model's files, told to those whom it concerns."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

from vecstore.errors import (
    ArtifactDamaged,
    EncoderNotFound,
    FailedPrecondition,
    InvalidArgument,
    InvalidInput,
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


@contextlib.contextmanager
def counted_from(start: int, count: int) -> Iterator[None]:
    """An encoder counts the ``count`` inputs that it was handed; who asked counts all of them.

    A number that is none of an input is left out.
    """
    try:
        yield
    except InvalidInput as error:
        details: dict[str, object] = dict(error.details)
        place = str(details.pop("input", ""))
        if place.isascii() and place.isdecimal() and int(place) < count:
            details["input"] = start + int(place)
        raise InvalidInput(error.message, **details) from error


@contextlib.contextmanager
def blamed_on(called: Callable[[int], tuple[str, int]]) -> Iterator[None]:
    """Name what an input that an encoder refuses was given as, where the encoder says which it is.

    Args:
        called: (an input's number) -> how messages call what it belongs to, and its number there.
    """
    try:
        yield
    except InvalidInput as error:
        if "input" not in error.details:
            raise
        details: dict[str, object] = dict(error.details)
        name, position = called(int(str(details.pop("input"))))
        details["position"] = position
        raise InvalidInput(f"{name}: {error.message}", **details) from error
