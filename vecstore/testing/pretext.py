"""The contract of a pretext task, as a test class that a plugin's own tests inherit.

::

    @pytest.fixture(scope="module")
    def task():
        return my_plugin.SPEC

    @pytest.fixture(scope="module")
    def data():
        return ["some texts", "on which it can learn a little in seconds", ...]

    @pytest.fixture(scope="module")
    def options():
        return {"epochs": 4, "dim": 8}

    class TestMyTask(PretextContract):
        pass
"""

# ruff: noqa: S101 - a test suite asserts

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from vecstore.artifacts.folder import Artifact, read_artifact
from vecstore.config import Settings
from vecstore.encoders.canary import Agreement, canary_inputs, compare_canaries
from vecstore.encoders.trained import trained_loader
from vecstore.errors import ArtifactDamaged
from vecstore.hookspecs import hookimpl
from vecstore.records import Modality, Role
from vecstore.registry import Registry
from vecstore.specs import Encoder, Option
from vecstore.store import Store, open_store
from vecstore.tasks import DataKind, PretextSpec, Progress
from vecstore.testing.encoders import EncoderContract
from vecstore.training.info import ModelInfo

_PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"}
# Of batch normalisation: counted along the way, not trained.
_COUNTED = ("running_mean", "running_var", "num_batches_tracked")
_SEED = 7


@dataclass
class _Training:
    """A store of its own for each training, and what was reported meanwhile."""

    task: PretextSpec
    data: object
    options: Mapping[str, Any]
    folder: Path
    reports: list[Progress] = field(default_factory=list)

    def open(self) -> Store:
        registry = Registry.load(
            Settings(), plugins=[("contract", _Plugin(self.task))], entry_points=False
        )
        return open_store(self.folder, settings=Settings(), registry=registry)

    def run(self, seed: int = _SEED, resume: bool = False, stop_at: int | None = None) -> ModelInfo:
        """Train, and end with KeyboardInterrupt at the report of this number."""
        self.reports.clear()

        def watch(progress: Progress) -> None:
            self.reports.append(progress)
            if len(self.reports) == stop_at:
                raise KeyboardInterrupt

        with self.open() as store:
            return store.train(
                self.task.name,
                self.data,
                name="contract",
                version="1",
                seed=seed,
                resume=resume,
                on_progress=watch,
                **self.options,
            )

    @property
    def artifact(self) -> Artifact:
        return read_artifact(self.folder / "models" / "contract@1")

    def steps(self) -> list[int]:
        """The steps reported while it trained."""
        return [report.step for report in self.reports if report.stage == "training"]


class _Plugin:
    def __init__(self, task: PretextSpec) -> None:
        self._task = task

    @hookimpl
    def vecstore_register_pretext_tasks(self) -> Sequence[PretextSpec]:
        return () if self._task.name in _builtin_names() else (self._task,)


def _builtin_names() -> set[str]:
    from vecstore.pretext.builtin import pretext_specs

    return {spec.name for spec in pretext_specs()}


class PretextContract(EncoderContract):
    """What every pretext task must do, and every encoder that it trains.

    Fixtures, in the test module or in the class, each of scope "class" or wider:
        task: the task's PretextSpec.
        data: what it can learn a little from in seconds: anything that ``store.train`` takes.
        options: keywords for ``store.train``, the task's options and columns; the fewest seconds
            that still make several epochs (at least four) are best. None where not defined.
        inputs: for the encoder's own contract, see :class:`EncoderContract`.
    """

    @pytest.fixture(scope="class")
    @classmethod
    def options(cls) -> Mapping[str, Any]:
        """Keywords for ``store.train``."""
        return {}

    @pytest.fixture(name="contract_training", scope="class")
    @classmethod
    def _contract_training(
        cls,
        task: PretextSpec,
        data: object,
        options: Mapping[str, Any],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> _Training:
        training = _Training(task, data, options, tmp_path_factory.mktemp("contract"))
        training.run()
        return training

    @pytest.fixture(name="contract_again")
    def _contract_again(self, contract_training: _Training, tmp_path: Path) -> _Training:
        """The same training in another place, not yet run."""
        one = contract_training
        return _Training(one.task, one.data, one.options, tmp_path / "again")

    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, contract_training: _Training) -> Iterator[Encoder]:
        """The encoder that was trained."""
        found = _load(contract_training.task, contract_training.artifact.folder)
        yield found
        found.close()

    @pytest.fixture(scope="class")
    @classmethod
    def reload(cls, contract_training: _Training) -> Callable[[], Encoder]:
        """Loads it once more."""
        return lambda: _load(contract_training.task, contract_training.artifact.folder)

    def test_the_task_says_what_it_is(self, task: PretextSpec) -> None:
        """Name, summary, paper, modalities, data and options have their forms."""
        assert isinstance(task, PretextSpec), "a task is described by a vecstore.PretextSpec"
        for name in ("name", "summary", "paper"):
            assert getattr(task, name), f"the task's {name} is empty"
        assert task.modalities, "modalities is empty"
        assert all(isinstance(modality, Modality) for modality in task.modalities)
        assert isinstance(task.reads, DataKind), f"reads is {task.reads!r}, not a DataKind"
        for option in (*task.options, *task.load_options):
            assert isinstance(option, Option), f"{option!r} is no Option"
            assert option.help, f"the option {option.name} has no help"

    def test_the_loss_falls(self, contract_training: _Training) -> None:
        """The learning curve ends below its beginning, and holds numbers only."""
        curve = contract_training.artifact.manifest.curve
        losses = [point.loss for point in curve if point.loss is not None]
        losses = losses or [point.validation for point in curve if point.validation is not None]
        assert len(losses) > 1, "the learning curve has fewer than two losses"
        assert all(math.isfinite(loss) for loss in losses), f"the losses are {losses}"
        assert losses[-1] < losses[0], f"the loss went from {losses[0]} to {losses[-1]}"

    def test_progress_is_reported(self, contract_training: _Training) -> None:
        """Whoever watches is told at least twice how far the training is."""
        steps = contract_training.steps()
        assert len(set(steps)) > 1, 'call run.report(Progress("training", step, ...)) as you go'
        assert steps == sorted(steps), f"the steps reported go back: {steps}"

    def test_the_head_is_dropped(self, contract_training: _Training) -> None:
        """The artifact holds fewer numbers than were trained."""
        manifest = contract_training.artifact.manifest
        trained = manifest.sizes.get("trained_parameters")
        assert trained, 'sizes["trained_parameters"] must say how many numbers were trained'
        kept = _parameters(contract_training.artifact)
        assert 0 < kept < trained, (
            f"the artifact holds {kept} parameters of {trained} trained: write the backbone only"
        )

    def test_there_are_figures_on_held_out_data(self, contract_training: _Training) -> None:
        """Some part of the data is held out, and judged."""
        metrics = contract_training.artifact.manifest.metrics
        assert metrics, "metrics is empty: hold some of the data out, and judge the model on it"
        assert all(math.isfinite(value) for value in metrics.values()), f"metrics is {metrics}"

    def test_weights_are_safetensors(self, contract_training: _Training) -> None:
        """No pickles: loading one can run anything."""
        names = list(contract_training.artifact.manifest.files)
        pickles = [name for name in names if Path(name).suffix in _PICKLES]
        assert not pickles, f"the artifact holds pickles: {pickles}; write safetensors"
        assert any(name.endswith(".safetensors") for name in names), f"no safetensors in {names}"

    def test_export_and_import_keep_the_space(
        self, contract_training: _Training, contract_again: _Training, tmp_path: Path
    ) -> None:
        """Another store that imports the artifact has the very same space and vectors."""
        file = tmp_path / "contract.vecstore"
        with contract_training.open() as one, contract_again.open() as other:
            one.export_model("contract@1", file)
            imported = other.import_model(file)
            assert imported.space == one.model("contract@1").space
        first = _load(contract_training.task, contract_training.artifact.folder)
        second = _load(contract_again.task, contract_again.artifact.folder)
        inputs = canary_inputs(first)
        for role in Role:
            verdict = compare_canaries(first.encode(inputs, role), second.encode(inputs, role))
            assert verdict.agreement is Agreement.SAME, "the imported encoder gives other vectors"

    def test_an_altered_byte_is_refused(
        self, contract_training: _Training, contract_again: _Training, tmp_path: Path
    ) -> None:
        """An artifact of which any file was altered is not loaded."""
        file = tmp_path / "contract.vecstore"
        with contract_training.open() as one, contract_again.open() as other:
            one.export_model("contract@1", file)
            other.import_model(file)
        folder = contract_again.artifact.folder
        for name in contract_again.artifact.manifest.files:
            whole = (folder / name).read_bytes()
            (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
            with pytest.raises(ArtifactDamaged):
                _load(contract_again.task, folder)
            (folder / name).write_bytes(whole)

    def test_the_same_training_ends_with_the_same_weights(
        self, contract_training: _Training, contract_again: _Training
    ) -> None:
        """Data, options and seed decide everything."""
        again = contract_again.run()
        assert again.space.fingerprint == contract_training.artifact.manifest.fingerprint, (
            "the same training twice gave two models: draw everything from run.seed"
        )

    def test_another_seed_is_another_space(
        self, contract_training: _Training, contract_again: _Training
    ) -> None:
        """The seed is used."""
        again = contract_again.run(seed=_SEED + 1)
        assert again.space.fingerprint != contract_training.artifact.manifest.fingerprint, (
            "two seeds gave one model: draw everything from run.seed"
        )

    def test_a_resumed_training_ends_as_an_uninterrupted_one(
        self, contract_training: _Training, contract_again: _Training
    ) -> None:
        """Interrupted half-way and gone on with: the same weights, and no beginning anew."""
        places = [
            number
            for number, report in enumerate(contract_training.reports, start=1)
            if report.stage == "training"
        ]
        assert places, "nothing was reported while it trained"
        with pytest.raises(KeyboardInterrupt):
            contract_again.run(stop_at=places[len(places) * 3 // 4])
        resumed = contract_again.run(resume=True)
        assert min(contract_again.steps()) > 0, "the resumed training began anew"
        assert resumed.space.fingerprint == contract_training.artifact.manifest.fingerprint, (
            "a resumed training ended with other weights than an uninterrupted one"
        )


def _load(task: PretextSpec, folder: Path) -> Encoder:
    loader = trained_loader(task)
    defaults = {option.name: option.default for option in loader.options}
    return loader.load(str(folder), defaults)


def _parameters(artifact: Artifact) -> int:
    """Numbers in the safetensors files of an artifact, without those that nobody trains."""
    from safetensors import safe_open

    count = 0
    for name in artifact.manifest.files:
        if name.endswith(".safetensors"):
            with safe_open(artifact.file(name), framework="np") as file:
                trained = [key for key in file.keys() if not key.endswith(_COUNTED)]  # noqa: SIM118
                shapes = [file.get_slice(key).get_shape() for key in trained]
            count += sum(math.prod(shape) for shape in shapes)
    return count
