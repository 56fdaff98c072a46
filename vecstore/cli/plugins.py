"""``vecstore plugins``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from vecstore.cli import options, output

if TYPE_CHECKING:
    from vecstore.plugins import Offer, Problem
    from vecstore.specs import EncoderSpec

app = typer.Typer(no_args_is_help=True, help="What plugins bring, and what is wrong with them.")


@app.command("list")
def list_plugins(as_json: options.Json = False) -> None:
    """List the plugins installed, what each of them brings, and the problems of broken ones."""
    from vecstore.config import Settings
    from vecstore.plugins import load_plugins
    from vecstore.registry import Builtin, Registry

    settings = Settings.from_environment()
    offers, problems = load_plugins(settings, Builtin(settings))
    found = Registry(offers, problems).problems
    if as_json:
        output.print_json(
            {
                "plugins": [_offer(offer) for offer in offers],
                "problems": [{"plugin": each.plugin, "message": each.message} for each in found],
            }
        )
    else:
        _print(offers, found)


def _print(offers: list[Offer], problems: tuple[Problem, ...]) -> None:
    rows = [
        [offer.plugin, kind, name, summary]
        for offer in offers
        for kind, name, summary in _parts(offer)
    ]
    output.print_table(["plugin", "part", "name", "what it is"], rows, wrapped=["what it is"])
    for problem in problems:
        output.print_line(f"problem with {problem.plugin}: {problem.message}")


def _parts(offer: Offer) -> list[tuple[str, str, str]]:
    loaders = [("loader", spec.loader, spec.summary) for spec in offer.encoders]
    ready = [
        ("encoder", f"{release.model}@{release.version}", f"ready to use, by {spec.loader}")
        for spec in offer.encoders
        for release in spec.ready
    ]
    indexes = [("index", spec.name, spec.summary) for spec in offer.indexes]
    tasks = [("pretext task", spec.name, spec.summary) for spec in offer.tasks]
    return [*loaders, *ready, *indexes, *tasks]


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "name": offer.plugin,
        "loaders": [_loader(spec) for spec in offer.encoders],
        "indexes": [{"name": spec.name, "summary": spec.summary} for spec in offer.indexes],
        "tasks": [{"name": spec.name, "summary": spec.summary} for spec in offer.tasks],
    }


def _loader(spec: EncoderSpec) -> dict[str, Any]:
    from vecstore.cli import model_shapes

    return {
        "name": spec.loader,
        "summary": spec.summary,
        "modalities": [str(modality) for modality in spec.modalities],
        "options": [model_shapes.option(option) for option in spec.options],
        "ready": [f"{release.model}@{release.version}" for release in spec.ready],
    }
