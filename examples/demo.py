"""Semantic search over the standard library's documentation, served over gRPC: ``make demo``.

Collects more than 5,000 docstrings, starts a server, loads them through the gRPC client, asks some
questions, and shows what happens to a vector that another model made. Then trains an encoder of its
own on the same texts, beside the running server, and searches with it. The store stays, and a
second run uses it again; an interrupted one is completed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

import vecstore

if TYPE_CHECKING:
    from vecstore.client import RemoteCollection, RemoteStore

ENCODER = "all-MiniLM-L6-v2"
OTHER_ENCODER = "hashing@1"
COLLECTION = "stdlib"
OWN_MODEL, OWN_COLLECTION = "docs-words", "stdlib-words"
BATCH = 64
OWN_BATCH = 512
QUESTIONS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("copy a directory tree recursively", None),
    ("pick a random element of a list", None),
    ("split text into words as a shell does", None),
    ("read a date written in ISO format", None),
    ("find the files whose names match a pattern", None),
    ("run a command and capture what it prints", {"module": {"$in": ["os", "subprocess"]}}),
)

console = Console(highlight=False)


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("demo-data"), help="the store's folder")
    data = parser.parse_args().data
    try:
        run(data)
    except KeyboardInterrupt:
        console.print(f"Interrupted. What is stored in {data} stays; run it again to go on.")
        return 130
    except vecstore.VecstoreError as error:
        console.print(f"Error: {error}", markup=False, style="red")
        return 2
    return 0


def run(data: Path) -> None:
    """The whole demo."""
    step("Collecting the documentation of the standard library")
    records = collect()
    console.print(f"  {len(records):,} functions, classes and methods of this Python")
    step("Starting a server")
    with server(data) as address, vecstore.connect(address) as client:
        console.print(f"  vecstore serve --data {data} is listening on {address}")
        docs = collection(client, COLLECTION, ENCODER)
        step("Loading the records through the gRPC client")
        load(docs, records, BATCH)
        step("Asking")
        for question, where in QUESTIONS:
            ask(docs, question, where)
        step("A vector of another model")
        show_refusals(client, docs)
        step("An encoder of our own: word vectors, trained on these texts and nothing else")
        own = train_own(data, client, records)
        load(own, records, OWN_BATCH)
        for question, where in QUESTIONS[:3]:
            ask(own, question, where)
        show_apart(client, docs, own)
    step("What to try next")
    show_next_steps(data)


def step(title: str) -> None:
    """Say what happens now."""
    console.print(Text(f"\n{title}", style="bold"))


def collect() -> list[vecstore.Record]:
    """The records, from a process of its own: it imports nearly every module there is."""
    script = Path(__file__).with_name("stdlib_docs.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    found = []
    for line in done.stdout.splitlines():
        row = json.loads(line)
        record_id, text = row.pop("id"), row.pop("text")
        found.append(vecstore.Record(id=record_id, text=text, payload=row))
    return found


@contextmanager
def server(data: Path) -> Iterator[str]:
    """A server process on a free port; yields its address and stops it at the end."""
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "vecstore.cli.main", "serve", "--data", str(data)]
    log = data / "server.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for the demo, which stops the server itself
        )
    try:
        yield _address(process, log)
    except KeyboardInterrupt:
        console.print("\nStopping the server, which finishes what it has taken on")
        raise
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        try:
            reason = json.loads(said[-1])["error"]["message"]
        except (IndexError, KeyError, ValueError):
            reason = "\n".join(said[-5:])
        raise vecstore.Unavailable(f"the server did not start: {reason}")
    return str(json.loads(line)["listening"])


def collection(client: RemoteStore, name: str, encoder: str) -> RemoteCollection:
    """A collection of the demo, made in the first run."""
    try:
        return client.collection(name)
    except vecstore.CollectionNotFound:
        console.print(f"  creating the collection {name!r} with the encoder {encoder}")
        return client.create_collection(name, encoder=encoder)


def load(docs: RemoteCollection, records: Sequence[vecstore.Record], size: int) -> None:
    """Store the records, unless an earlier run stored them all."""
    present = docs.count()
    if present == len(records):
        console.print(f"  the store holds all {present:,} records from an earlier run: reusing it")
        return
    if present:
        console.print(f"  {present:,} records are there already; unchanged ones are not encoded")
    began = time.monotonic()
    batches = (records[start : start + size] for start in range(0, len(records), size))
    columns = (TextColumn("  encoding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(records))
        for results in docs.upsert_stream(batches):
            for result in results:
                if result.error is not None:
                    raise result.error
            progress.advance(task, len(results))
    seconds = time.monotonic() - began
    rate = len(records) / seconds
    console.print(f"  {len(records):,} records in {seconds:.0f} s ({rate:,.0f} a second)")


def ask(docs: RemoteCollection, question: str, where: dict[str, Any] | None) -> None:
    """Search, and print the hits as a table."""
    hits = docs.search(question, k=3, filter=where)
    limited = f"\n  among {json.dumps(where)}" if where else ""
    console.print(Text(f"\n  {question}{limited}", style="italic"))
    table = Table(box=None, padding=(0, 0, 0, 2), expand=True, header_style="dim")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("id", no_wrap=True)
    table.add_column("summary", overflow="ellipsis", no_wrap=True, ratio=1)
    for hit in hits:
        table.add_row(f"{hit.score:.3f}", Text(hit.id), Text(str(hit.payload["summary"])))
    console.print(table)


def show_refusals(client: RemoteStore, docs: RemoteCollection) -> None:
    """Search and compare with a vector of another model that has as many dimensions."""
    question = QUESTIONS[0][0]
    ours = client.encode(docs.encoder, [question], role="query")[0]
    theirs = client.encode(OTHER_ENCODER, [question], role="query")[0]
    console.print(f"  The question, encoded by {ours.space.name}: {len(ours)} numbers")
    console.print(f"  The question, encoded by {theirs.space.name}: {len(theirs)} numbers")
    console.print("  A store that checks dimensions could not tell them apart. Here:\n")
    console.print(f"  docs.search(vector of {theirs.space.name})", markup=False)
    try:
        docs.search(theirs)
    except vecstore.VecstoreError as error:
        show_error(error)
    console.print(f"  client.compare(one of {ours.space.name}, one of {theirs.space.name})")
    try:
        client.compare(ours, theirs)
    except vecstore.VecstoreError as error:
        show_error(error)


def train_own(
    data: Path, client: RemoteStore, records: Sequence[vecstore.Record]
) -> RemoteCollection:
    """Train word vectors on the records' texts beside the server, which sees them at once."""
    with vecstore.open(data) as store:
        names = {info.name for info in store.list_models()}
        if f"{OWN_MODEL}@1" not in names:
            began = time.monotonic()
            texts = [record.text for record in records]
            with console.status("  training") as status:
                store.train(
                    "word-context",
                    texts,
                    name=OWN_MODEL,
                    version="1",
                    restart=True,
                    on_progress=lambda p: status.update(f"  training: round {p.step} of {p.steps}"),
                )
            console.print(f"  trained in {time.monotonic() - began:.0f} s, the server going on")
        info = store.model(f"{OWN_MODEL}@1")
    if info.manifest is not None:
        words, held_out = info.manifest.sizes["vocabulary"], info.manifest.metrics["auc"]
        console.print(
            f"  {info.space}, {words:,} words; on texts held out it tells a word's true neighbour "
            f"from a random word {held_out:.0%} of the time"
        )
    return collection(client, OWN_COLLECTION, info.name)


def show_apart(client: RemoteStore, docs: RemoteCollection, own: RemoteCollection) -> None:
    """The two models' vectors do not meet."""
    question = QUESTIONS[0][0]
    theirs = client.encode(docs.encoder, [question], role="query")[0]
    console.print(f"\n  {own.name}.search(vector of {theirs.space.name})", markup=False)
    try:
        own.search(theirs)
    except vecstore.VecstoreError as error:
        show_error(error)


def show_error(error: vecstore.VecstoreError) -> None:
    """An error as a client sees it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    code = getattr(error.__context__, "code", None)  # of the gRPC call that failed
    shown = {
        "class": f"vecstore.{type(error).__name__}",
        "gRPC code": code().name if callable(code) else "",
        "reason": error.reason,
        "message": error.message,
    }
    for name, value in shown.items():
        table.add_row(Text(f"    {name}", style="bold"), Text(value))
    console.print(table)
    console.print()


def show_next_steps(data: Path) -> None:
    """Commands that work with the store that was left behind."""
    vec = Path(sys.executable).with_name("vecstore")
    shown = vec.relative_to(Path.cwd()) if vec.is_relative_to(Path.cwd()) else vec
    for command in (
        f'search {COLLECTION} "compress a file" --data {data}',
        f'search {COLLECTION} --id shutil.copytree -k 5 --filter \'{{"kind": "function"}}\' '
        f"--data {data}",
        f"encoders list --data {data}",
        f"models show {OWN_MODEL}@1 --data {data}",
        f"serve --data {data}",
        f'search {COLLECTION} "compress a file" --server 127.0.0.1:50051',
    ):
        console.print(f"  {shown} {command}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
