"""What the torch tasks share, whatever they learn from."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, TypeVar

import torch

from vecstore.errors import InvalidArgument
from vecstore.specs import Options

Model = TypeVar("Model", bound=torch.nn.Module)

_JOB_OPTIONS = (
    "batch_size",
    "epochs",
    "learning_rate",
    "weight_decay",
    "evaluations",
    "patience",
    "precision",
)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """What is drawn by torch in here follows from the seed; afterwards all is as before."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def redrawn(make: Callable[[], Model], device: torch.device, seed: int) -> Model:
    """A module that has learnt nothing: what it draws when it is made follows from the seed.

    Args:
        make: makes it, its weights drawn as before any training.
        device: where it is wanted.
        seed: of what is drawn.
    """
    with seeded(seed):
        made = make()
    return made.to(device).eval()


def job_settings(options: Options) -> dict[str, Any]:
    """The fields of a TorchJob that are options."""
    return {name: options[name] for name in _JOB_OPTIONS}


def device_named(wanted: str | None) -> torch.device:
    """A device by its name; the fastest there is for None.

    Raises:
        InvalidArgument: this machine does not have it.
    """
    if wanted is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InvalidArgument(
            f"the option device is {wanted!r}, which this machine does not have ({error}); leave "
            "it out for the fastest there is",
            field="device",
        ) from error
    return device


def check_load_batch(options: Options) -> None:
    """Raise InvalidArgument where an encoder should read fewer than one input at a time."""
    if options["batch_size"] < 1:
        raise InvalidArgument(
            f"the option batch_size is {options['batch_size']}; 1 or more is needed",
            field="batch_size",
        )


def parameters_of(model: torch.nn.Module) -> int:
    """How many numbers are trained."""
    return sum(parameter.numel() for parameter in model.parameters())


def numbers_in(module: torch.nn.Module) -> int:
    """How many numbers a training leaves in a module: batch normalisation counts and means too."""
    return sum(tensor.numel() for tensor in module.state_dict().values())


def runtime(*libraries: str) -> Mapping[str, str]:
    """Versions of what computes the vectors."""
    return {"python": platform.python_version(), **{name: version(name) for name in libraries}}
