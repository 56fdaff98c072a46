"""masked-tokens beside a bare Trainer: whole trainings, each a process of its own; and encoding.

``python -m benchmarks.masked_tokens SIDE TEXTS FOLDER`` is one training.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import vecstore
from benchmarks.figures import Bar, Figure
from benchmarks.ground import Ground
from benchmarks.measure import HERE, interleave
from benchmarks.trainings import BARE, OURS, ROUNDS, in_turn, train

NAME = "masked-tokens"
TRAINING = Bar(0.9)
ENCODING = Bar(0.95)
LINES = 5_000
ENCODED = 1_000
SEED = 1
BATCH = 64
LENGTH = 64
SETTINGS: dict[str, Any] = {
    "vocabulary": 3000,
    "epochs": 2.0,
    "max_length": LENGTH,
    "batch_size": BATCH,
}


def run(ground: Ground) -> list[Figure]:
    """Two figures, whatever the sizes."""
    what = f"train masked-tokens, {LINES:,} lines of Python's docstrings twice, whole process"
    if importlib.util.find_spec("accelerate") is None:
        note = "transformers and accelerate are not installed"
        return [Figure(NAME, what, "", bar=TRAINING, note=note)]
    folder = ground.folder / NAME
    folder.mkdir()
    texts = _lines()
    file = folder / "texts"
    file.write_text("\n".join(texts) + "\n")
    trainings = in_turn("benchmarks.masked_tokens", file, folder, ground.rounds)
    training = trainings.figure(NAME, what, TRAINING)
    return [training, _encoding(folder / "0" / "ours", texts[:ENCODED])]


def _encoding(folder: Path, texts: list[str]) -> Figure:
    """The encoder beside its bare model, on the same batches."""
    from vecstore.artifacts.folder import read_artifact
    from vecstore.pretext.bert import load_encoder
    from vecstore.records import Input, Modality, Role

    artifact = read_artifact(folder / "models" / "docs@1")
    inputs = [Input(Modality.TEXT, text) for text in texts]
    encoder = load_encoder(artifact, {"device": "cpu", "batch_size": BATCH})
    model, tokenizer = _bare_encoder(artifact)
    found = interleave(
        lambda _: encoder.encode(inputs, Role.DOCUMENT),
        lambda _: _bare_encode(model, tokenizer, texts),
        ROUNDS * 4,
    )
    low, ratio, high = found.quicker()
    rates = [f"{len(texts) / np.median(side):,.0f} texts/s" for side in (found.ours, found.peer)]
    return Figure(
        NAME,
        f"encode {len(texts):,} lines of docstrings, masked-tokens",
        rates[0],
        rates[1],
        ratio,
        low,
        high,
        ENCODING,
        f"{found.thriftier():.2f} by the thread's time",
    )


def _bare_encoder(artifact: Any) -> tuple[Any, Any]:
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    model = BertModel(BertConfig(**artifact.manifest.encoder["shape"]), add_pooling_layer=False)
    model.load_state_dict(load_file(artifact.file("model.safetensors")), strict=False)
    tokenizer = Tokenizer.from_file(str(artifact.file("tokenizer.json")))
    tokenizer.enable_truncation(LENGTH)
    return model.train(False), tokenizer


def _bare_encode(model: Any, tokenizer: Any, texts: list[str]) -> list[Any]:
    """Pieces, the model on batches of about equal length, and the mean at length 1."""
    import torch

    ids = sorted((one.ids for one in tokenizer.encode_batch_fast(texts)), key=len, reverse=True)
    vectors = []
    with torch.inference_mode():
        for at in range(0, len(ids), BATCH):
            rows = [torch.tensor(one) for one in ids[at : at + BATCH]]
            given = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
            mask = (given != 0).long()
            hidden = model(input_ids=given, attention_mask=mask).last_hidden_state
            mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
            vectors.append(torch.nn.functional.normalize(mean, dim=1).numpy())
    return vectors


def _lines() -> list[str]:
    """Lines of the docstrings of the standard library."""
    command = [sys.executable, str(HERE / "examples" / "stdlib_docs.py")]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    texts = (json.loads(line)["text"] for line in done.stdout.splitlines())
    return [line for text in texts for line in text.splitlines() if line.strip()][:LINES]


def _ours(lines: Path, folder: Path) -> None:
    with vecstore.open(folder) as store:
        store.train(NAME, lines, name="docs", version="1", seed=SEED, validation=0.0, **SETTINGS)


def _bare(lines: Path, folder: Path) -> None:
    """What one writes by hand, with the same settings."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import (
        BertForMaskedLM,
        DataCollatorForLanguageModeling,
        PreTrainedTokenizerFast,
        Trainer,
        TrainingArguments,
    )

    from vecstore.training.torch_setup import resolve_precision

    texts = [line for line in lines.read_text().splitlines() if line.strip()]
    pieces = BertWordPieceTokenizer()
    pieces.train_from_iterator(texts, vocab_size=SETTINGS["vocabulary"], show_progress=False)
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    fast: Any = PreTrainedTokenizerFast  # it carries no types
    tokenizer = fast(tokenizer_object=pieces._tokenizer, **names)
    rows = tokenizer(texts, truncation=True, max_length=LENGTH, return_token_type_ids=False)
    data = [{"input_ids": row} for row in rows["input_ids"]]
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=BATCH,
        num_train_epochs=SETTINGS["epochs"],
        learning_rate=2e-3,
        weight_decay=0.01,
        train_sampling_strategy="group_by_length",
        bf16=resolve_precision("auto", torch.device("cpu")) == "bf16",
        use_cpu=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=SEED,
    )
    trainer = Trainer(
        model=BertForMaskedLM(_config()),
        args=arguments,
        train_dataset=data,
        data_collator=DataCollatorForLanguageModeling(tokenizer),
    )
    trainer.train()
    trainer.save_model(str(folder / "model"))


def _config() -> Any:
    """The model of the task's defaults."""
    from vecstore.pretext.bert import new_config
    from vecstore.pretext.masked_tokens import SPEC

    return new_config({option.name: option.default for option in SPEC.options} | SETTINGS)


if __name__ == "__main__":
    train({OURS: _ours, BARE: _bare})
