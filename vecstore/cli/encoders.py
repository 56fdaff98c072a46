"""``vecstore encoders``: what makes vectors, and what is on record about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from vecstore.cli import options, output
from vecstore.cli.settings import parse_settings
from vecstore.cli.target import holds_a_store, open_embedded, open_target

if TYPE_CHECKING:
    from vecstore.records import EncoderInfo

app = typer.Typer(
    no_args_is_help=True, help="Models that turn inputs into vectors, and their releases on record."
)

Name = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", show_default=False)]
FullName = Annotated[str, typer.Argument(metavar="NAME@VERSION", show_default=False)]


@app.command("list")
def list_encoders(
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the encoders: those on record, and those that plugins bring along."""
    from vecstore.cli import shapes

    infos = _listed(data, server, database)
    if as_json:
        output.print_json({"encoders": [shapes.encoder(info) for info in infos]})
        return
    output.print_table(
        ["name", "loader", "reads", "dim", "fingerprint", "state"],
        [_row(info) for info in infos],
        right=["dim"],
        wrapped=["state"],
    )


@app.command("show")
def show(
    name: Name,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show one encoder: what it was made for and measured on, its space, its identity."""
    from vecstore.cli import cards, shapes

    with open_target(data, server, database) as store:
        info = store.encoder(name)
    document = {
        **shapes.encoder(info),
        "evaluations": [shapes.evaluation(one) for one in info.evaluations],
        "never_measured": cards.never_measured(info),
        "only_on_training_data": cards.only_on_training_data(info),
    }
    _print_encoder(info, as_json, document, cards.card_fields(info))


@app.command("verify")
def verify(
    name: Name,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Load an encoder and hold it against what is on record: fingerprint and canaries."""
    from vecstore.cli import shapes

    with open_embedded(data, server, database, "verifying an encoder") as store:
        result = store.verify_encoder(name)
    if as_json:
        document = {"name": result.name, "ok": True, "warning": result.warning or None}
        output.print_json({**document, "space": shapes.space(result.space)})
    else:
        output.print_line(f"{result.space}: {result.warning or 'as it was registered'}")


@app.command("register")
def register(
    name: FullName,
    loader: Annotated[
        str, typer.Option("--loader", metavar="LOADER", help="Which plugin part loads it.")
    ],
    source: Annotated[
        str, typer.Option("--source", metavar="SOURCE", help="A folder, or a hub name.")
    ],
    revision: Annotated[
        str | None,
        typer.Option("--revision", metavar="SHA", help="Short for --set revision=SHA."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="OPTION=VALUE", help="An option of the loader; repeatable."),
    ] = None,
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Put a model on record under a name and a version, for good.

    A model that changed is registered as a new version.
    """
    from vecstore.cli import shapes

    chosen = parse_settings(settings or [], revision=revision)
    with open_embedded(data, server, database, "registering an encoder", create=True) as store:
        info = store.register_encoder(name, loader=loader, source=source, options=chosen)
    _print_encoder(info, as_json, shapes.encoder(info))


@app.command("accept")
def accept(
    name: FullName,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it is safe; kept on record.")
    ],
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Accept an encoder whose identity is incomplete. Whether it stays the same is up to you."""
    from vecstore.cli import shapes

    with open_embedded(data, server, database, "accepting an encoder") as store:
        store.accept_encoder(name, reason=reason)
        info = store.encoder(name)
    _print_encoder(info, as_json, shapes.encoder(info))


@app.command("declare")
def declare(
    name: FullName,
    dim: Annotated[int, typer.Option("--dim", metavar="N", help="Length of its vectors.")],
    provenance: Annotated[
        str,
        typer.Option("--provenance", metavar="TEXT", help="Where its vectors come from."),
    ],
    data: options.Data = None,
    server: options.Server = None,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Declare the space of a model that vecstore cannot load: vectors made elsewhere."""
    from vecstore.cli import shapes

    with open_embedded(data, server, database, "declaring a space", create=True) as store:
        info = store.declare_space(name, dim=dim, provenance=provenance)
    _print_encoder(info, as_json, shapes.encoder(info))


def _listed(data: str | None, server: str | None, database: str | None) -> list[EncoderInfo]:
    """The encoders of a store; where there is none yet, those that a new one would have."""
    if server or holds_a_store(options.data_path(data), database):
        with open_target(data, server, database) as store:
            return store.list_encoders()
    from vecstore.config import Settings
    from vecstore.records import EncoderInfo
    from vecstore.registry import Registry

    return [
        EncoderInfo(
            f"{ready.model}@{ready.version}",
            spec.loader,
            tuple(ready.modalities or spec.modalities),
        )
        for spec, ready in Registry.load(Settings.from_environment()).ready_releases()
    ]


def _row(info: EncoderInfo) -> list[str]:
    from vecstore.spaces import short

    dim, fingerprint = "", ""
    if info.space is not None:
        dim, fingerprint = str(info.space.dim), short(info.space.fingerprint)
    reads = ", ".join(str(modality) for modality in info.modalities)
    return [info.name, info.loader, reads, dim, fingerprint, _state(info)]


def _state(info: EncoderInfo) -> str:
    if not info.registered:
        return "ready"
    if info.space is not None and not info.space.complete:
        return "accepted by an operator" if info.accepted else "identity incomplete"
    return "on record"


def _print_encoder(
    info: EncoderInfo, as_json: bool, document: object, about: Mapping[str, str] | None = None
) -> None:
    if as_json:
        output.print_json(document)
        return
    fields = {
        "name": info.name,
        "loader": info.loader,
        "reads": ", ".join(str(modality) for modality in info.modalities),
        "state": _state(info),
        **(about or {}),
    }
    if info.space is not None:
        fields["dim"] = str(info.space.dim)
        fields["fingerprint"] = info.space.fingerprint
    if info.accepted:
        fields["accepted because"] = info.accepted
    if info.provenance:
        fields["provenance"] = info.provenance
    fields |= {f"part {name}": _text(value) for name, value in info.parts.items()}
    fields |= {f"runtime {name}": version for name, version in info.runtime.items()}
    output.print_fields(fields)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
