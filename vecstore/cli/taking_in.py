"""What ``add`` and ``import`` do, once they know what is to be read."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vecstore.cli import output
from vecstore.cli.interruption import Interrupted
from vecstore.cli.target import open_target
from vecstore.errors import InvalidArgument

if TYPE_CHECKING:
    import typer

    from vecstore.client import RemoteStore
    from vecstore.errors import VecstoreError
    from vecstore.exchange import Columns, ImportSummary
    from vecstore.exchange.reading import Reading
    from vecstore.store import Store

# Parameters that mean something for files only, and for folders only.
_OF_FILES = (
    *("id_column", "derive_ids", "text_column", "image_column", "image_folder"),
    *("categories_columns", "payload_columns", "infer_types", "vector_column", "space"),
    *("field_column", "ignore_vectors"),
)
_OF_FOLDERS = ("payload_from_folder",)


def take_in(given: Mapping[str, Any], *, form: str | None, mode: str) -> None:
    """Read a file or folder into a collection, and say what came of it.

    Args:
        given: the command's parameters by name, the context among them.
        form: what is read; None to go by the path.
        mode: what is expected of the ids.
    """
    from vecstore.cli.adding_bar import adding_bar
    from vecstore.exchange import import_records

    began = time.monotonic()
    name, file, as_json = given["collection"], given["file"], given["as_json"]
    is_folder = form == "images" or (form is None and Path(file).is_dir())
    foreign = _OF_FILES if is_folder else _OF_FOLDERS
    _require_fitting(file, is_folder, [one for one in foreign if _was_given(given["context"], one)])
    durable = 0

    def warn(error: VecstoreError) -> None:
        output.write_warning(f"passed over: {error.message}", as_json=as_json)

    try:
        with (
            open_target(given["data"], given["server"], given["database"]) as store,
            adding_bar() as bar,
        ):

            def opened(reading: Reading) -> Any:
                update = bar(reading)

                def progress(stored: int, done: int) -> None:
                    nonlocal durable
                    durable = stored
                    update(stored, done)

                return progress

            target = store.collection(name)
            summary = import_records(
                target,
                file,
                format=form,
                mode=mode,
                on_error=given["on_error"].value,
                columns=_columns(store, given),
                folder_key=given["payload_from_folder"],
                batch_size=given["batch_size"],
                on_skipped=warn,
                on_opened=opened,
            )
            count = target.count()
    except KeyboardInterrupt:
        raise Interrupted(_interrupted(durable, mode)) from None
    _print(summary, name, file, count, time.monotonic() - began, as_json=as_json)


def _columns(store: Store | RemoteStore, given: Mapping[str, Any]) -> Columns:
    from vecstore.cli.columns import split_columns
    from vecstore.cli.vector_fields import read_pairs
    from vecstore.exchange import Columns

    return Columns(
        id=given["id_column"],
        derive_ids=given["derive_ids"],
        text=given["text_column"],
        vector=given["vector_column"],
        space=store.space(given["space"]) if given["space"] else None,
        payload=split_columns(given["payload_columns"]),
        infer_types=given["infer_types"],
        categories=split_columns(given["categories_columns"]),
        image=given["image_column"],
        images=Path(given["image_folder"]) if given["image_folder"] else None,
        field_texts=tuple(read_pairs("--field-column", given["field_column"]).items()),
        ignore_vectors=given["ignore_vectors"],
    )


def _require_fitting(name: str, is_folder: bool, given: Collection[str]) -> None:
    """Raise InvalidArgument for an option that says nothing of what is read.

    Args:
        name: what is read.
        is_folder: whether it is a folder of images.
        given: the parameters of the other kind that were given, such as ``image_column``.
    """
    for parameter in given:
        option = f"--{parameter.replace('_', '-')}"
        kind, other = ("a folder of images", "files") if is_folder else ("a file", "folders")
        raise InvalidArgument(
            f"{option} belongs to {other}, and {name} is {kind}; leave it out", field=parameter
        )


def _was_given(context: typer.Context, parameter: str) -> bool:
    source = context.get_parameter_source(parameter)
    return source is not None and source.name != "DEFAULT"


def _interrupted(durable: int, mode: str) -> str:
    if not durable:
        return "Interrupted: it is not known that anything is stored; the same command begins again"
    rest = "the same command stores the rest, and encodes nothing twice"
    if mode == "insert":
        rest = "the same command with --mode upsert stores the rest"
    return f"Interrupted: {durable:,} records are stored, and perhaps some after them; {rest}"


def _print(
    summary: ImportSummary, name: str, file: str, count: int, seconds: float, *, as_json: bool
) -> None:
    for note in summary.notes:
        output.print_note(note)
    if as_json:
        output.print_json(
            {
                "collection": name,
                "file": file,
                "stored": summary.stored,
                "skipped": summary.skipped,
                "first_skipped": [_shape(error) for error in summary.first_skipped],
                "unusable": list(summary.unusable),
                "count": count,
                "seconds": round(seconds, 3),
            }
        )
        return
    rate = summary.stored / max(seconds, 1e-3)
    output.print_line(
        f"stored {summary.stored:,} records from {file} in {name}, which holds {count:,} now "
        f"({seconds:.1f} s, {rate:,.0f} a second){_passed_over(summary)}"
    )


def _passed_over(summary: ImportSummary) -> str:
    if not summary.skipped:
        return ""
    named = len(summary.first_skipped)
    shown = "" if summary.skipped == named else f", the first {named} named"
    ones = "one" if summary.skipped == 1 else "ones"
    return f"; passed over {summary.skipped:,} bad {ones}{shown}"


def _shape(error: VecstoreError) -> dict[str, object]:
    return {"reason": error.reason, "message": error.message, "details": dict(error.details)}
