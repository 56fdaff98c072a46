"""``vecstore tasks``: what encoders can be trained by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output

if TYPE_CHECKING:
    from vecstore.registry import Registry
    from vecstore.specs import Option
    from vecstore.tasks import PretextSpec

app = typer.Typer(no_args_is_help=True, help="Pretext tasks: what encoders can be trained by.")


@app.command("list")
def list_tasks(as_json: options.Json = False) -> None:
    """List the pretext tasks: what each learns, and from what."""
    from vecstore.cli import model_shapes
    from vecstore.training.needs import missing_modules

    specs = _registry().pretext_specs()
    if as_json:
        shown = [model_shapes.task(spec, missing_modules(spec)) for spec in specs]
        output.print_json({"tasks": shown})
        return
    output.print_table(
        ["name", "learns from", "its encoders read", "what it does", "needs"],
        [
            [spec.name, str(spec.reads), _modalities(spec), spec.summary, _needs(spec)]
            for spec in specs
        ],
        wrapped=["what it does", "needs"],
    )


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="TASK", show_default=False)],
    as_json: options.Json = False,
) -> None:
    """Show one pretext task: its paper, what it needs, and its options with their defaults."""
    from vecstore.cli import model_shapes
    from vecstore.training.needs import missing_modules

    spec = _registry().pretext_spec(name)
    if as_json:
        output.print_json(model_shapes.task(spec, missing_modules(spec)))
        return
    output.print_fields(
        {
            "name": spec.name,
            "what it does": spec.summary,
            "paper": spec.paper,
            "learns from": _data(spec),
            "its encoders read": _modalities(spec),
            "can start from": _starts(spec),
            "needs": _needs(spec) or ", ".join(spec.requires) or "nothing more",
        }
    )
    _print_options("options of a training (--set OPTION=VALUE)", spec.options)
    _print_options("options of a load", spec.load_options)


def _registry() -> Registry:
    from vecstore.config import Settings
    from vecstore.registry import Registry

    return Registry.load(Settings.from_environment())


def _modalities(spec: PretextSpec) -> str:
    return ", ".join(str(modality) for modality in spec.modalities)


def _data(spec: PretextSpec) -> str:
    """What a task learns from, and in which forms."""
    from vecstore.tasks import DataKind

    forms = {
        DataKind.IMAGES: "a folder, or rows with the column image",
        DataKind.LABELLED_IMAGES: "a folder of a folder for each label, or rows with the columns "
        "image and label",
        DataKind.PAIRS: "rows with the columns image and text",
    }
    known = forms.get(spec.reads)
    return f"{spec.reads}: {known}" if known else str(spec.reads)


def _starts(spec: PretextSpec) -> str:
    if not spec.starts_from:
        return "nothing: always from scratch"
    several = f" (up to {spec.most_starts} at once)" if spec.most_starts > 1 else ""
    return ", ".join(spec.starts_from) + several


def _needs(spec: PretextSpec) -> str:
    """How to install what is missing; empty where nothing is."""
    from vecstore.training.needs import missing_modules

    missing = missing_modules(spec)
    return f"pip install '{spec.extra or ' '.join(missing)}'" if missing else ""


def _print_options(title: str, known: tuple[Option, ...]) -> None:
    if not known:
        return
    output.print_line("")
    output.print_table(
        [title, "type", "default", "what it is"],
        [[each.name, each.type.__name__, _default(each), each.help] for each in known],
        wrapped=["what it is"],
    )


def _default(option: Option) -> str:
    if option.default is None:
        return "none"
    return str(option.default).lower() if option.type is bool else str(option.default)
