"""transformers' Trainer, with our batches, our checkpoints, and no words of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from vecstore.tasks import TorchJob
from vecstore.training.batches import Batches
from vecstore.training.losses import Losses
from vecstore.training.torch_setup import seed_draws

_WEIGHTS = "model.safetensors"
_TRAINER_STATE = "trainer_state.json"
_OPTIMIZER = "optimizer.pt"
_SCHEDULER = "scheduler.pt"


class Loop(Trainer):
    """The steps of one training.

    Args:
        job: what is trained.
        model: its model, or a copy of it.
        steps: how many there are.
        precision: "float32" or "bf16".
        seed: of order and draws.
        follower: is called back at every step.
        save: writes a checkpoint; called where the follower asks for one.
        scratch: a folder that the library wants to know; nothing is written there.

    Attributes:
        losses: of the steps made.
        units: how much of the job's unit the steps of this process have held.
    """

    def __init__(
        self,
        job: TorchJob,
        model: Any,
        *,
        steps: int,
        precision: str,
        seed: int,
        follower: TrainerCallback,
        save: Callable[[], None],
        scratch: Path,
    ) -> None:
        super().__init__(
            model=model,
            args=_arguments(job, steps, seed, scratch),
            data_collator=self._collate,
            train_dataset=job.train,
            callbacks=[follower],
        )
        self.remove_callback(PrinterCallback)
        self.model_accepts_loss_kwargs = False  # a model is given its batch and nothing else
        self._job, self._steps, self._seed, self._save_now = job, steps, seed, save
        self._bf16 = precision == "bf16"
        self.losses = Losses(self.args.device)
        self.units = 0

    def get_train_dataloader(self) -> DataLoader[Any]:
        """All batches of the training in one row; the library takes them for one long epoch."""
        batches = Batches(
            self._job.train,
            self._job.batch_size,
            self._steps,
            self._seed,
            self._job.lengths,
            self.args.process_index,
            self.args.world_size,
        )
        return DataLoader(
            self._job.train,
            batch_sampler=batches,
            collate_fn=self.data_collator,
        )

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """One step forward and back. What the model draws follows from seed and step alone."""
        step = self.state.global_step + 1
        seed_draws(self._seed, step, self.args.process_index, self.args.device)
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        self.losses.add(loss, step)
        return loss

    def compute_loss(self, model: Any, inputs: dict[str, Any], *_: Any, **__: Any) -> Any:
        """The loss of a batch, in the training's precision."""
        with self.autocast():
            return model(**inputs)["loss"]

    def autocast(self) -> torch.autocast:
        """The training's precision, also for judging."""
        return torch.autocast(self.args.device.type, torch.bfloat16, enabled=self._bf16)

    def floating_point_ops(self, inputs: Mapping[str, Any]) -> int:  # noqa: ARG002 - not counted
        """Nobody asks for them, and counting takes time."""
        return 0

    def write(self, folder: Path) -> None:
        """Write what a resumed training needs into an empty folder.

        Raises:
            OSError, RuntimeError: the disk's answer.
        """
        save_model(self._bare_model(), str(folder / _WEIGHTS))
        for part, file in ((self.optimizer, _OPTIMIZER), (self.lr_scheduler, _SCHEDULER)):
            assert part is not None  # noqa: S101 - both are made before the first step
            torch.save(part.state_dict(), folder / file)
        self.state.save_to_json(str(folder / _TRAINER_STATE))

    def _clip_grad_norm(self, model: Any) -> torch.Tensor:
        clip: Any = super()._clip_grad_norm  # it carries no types
        norm: torch.Tensor = torch.as_tensor(clip(model))
        self.losses.watch(norm, self.state.global_step + 1, "gradient's norm")
        return norm

    def _save_checkpoint(self, model: Any, trial: Any) -> None:  # noqa: ARG002 - the library's
        self._save_now()
        self.control.should_save = False  # or the library saves once more after the last step

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_weights(model or self._bare_model(), Path(resume_from_checkpoint))

    def _bare_model(self) -> torch.nn.Module:
        bare: torch.nn.Module = self.accelerator.unwrap_model(self.model)
        return bare

    def _collate(self, items: list[Any]) -> dict[str, Any]:
        batch = self._job.collate(items)
        self.units += self._job.units(batch) if self._job.units else len(items)
        return batch


def load_weights(model: torch.nn.Module, folder: Path) -> None:
    """Fill a model with the weights of a checkpoint."""
    load_model(model, folder / _WEIGHTS)


def _arguments(job: TorchJob, steps: int, seed: int, scratch: Path) -> TrainingArguments:
    arguments = TrainingArguments(
        output_dir=str(scratch),
        max_steps=steps,
        per_device_train_batch_size=job.batch_size,
        learning_rate=job.learning_rate,
        weight_decay=job.weight_decay,
        warmup_steps=math.ceil(job.warmup * steps),
        lr_scheduler_type="linear",
        seed=seed,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        use_cpu=not torch.cuda.is_available(),
        remove_unused_columns=False,
        logging_nan_inf_filter=False,
        average_tokens_across_devices=False,
    )
    _ = arguments.device  # looked up once; several GPUs are for torchrun, one process each
    arguments._n_gpu = min(arguments._n_gpu, 1)
    return arguments
