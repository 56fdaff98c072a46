import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

pytest.importorskip("gensim")

from vecstore.errors import InvalidArgument, InvalidInput, TrainingFailed
from vecstore.pretext import word_model, word_training
from vecstore.pretext.word_checkpoint import BEST, LATEST, load_checkpoint
from vecstore.pretext.word_context import SPEC
from vecstore.records import Input, Modality, Role
from vecstore.tasks import TextData

LITTLE = {"vector_size": 8, "window": 3, "epochs": 4, "min_count": 1, "learning_rate": 0.1}
SOME = {**LITTLE, "validation": 0.1}


@pytest.fixture
def make(plain_run):
    def made(**settings):
        options = {**SOME, **settings.pop("options", {})}
        return plain_run(SPEC, options=options, **settings)

    return made


def written(trained, folder):
    folder.mkdir()
    trained.write(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_learns_which_words_go_together(topic_data, topics, make, as_artifact, tmp_path):
    trained = SPEC.fit(topic_data, make(options={"epochs": 10}))
    assert trained.metrics["auc"] > 0.65
    assert trained.curve[-1].validation < trained.curve[0].validation
    assert [point.step for point in trained.curve] == list(range(11))
    encoder = SPEC.load(as_artifact(trained, tmp_path / "artifact", SPEC.name), {})
    texts = [" ".join(topic[:4]) for topic in topics] + [" ".join(topic[4:]) for topic in topics]
    rows = encoder.encode([Input(Modality.TEXT, text) for text in texts], Role.DOCUMENT)
    cosines = rows @ rows.T
    assert cosines[0, 2] > 0.5 > cosines[0, 1]
    assert cosines[1, 3] > 0.5 > cosines[1, 2]


def test_what_is_known_is_said(topic_data, make):
    trained = SPEC.fit(topic_data, make())
    assert trained.sizes == {
        "vocabulary": 20,
        "parameters": 20 * 8,
        "trained_parameters": 2 * 20 * 8,
        "epochs": 4,
    }
    assert trained.runtime["gensim"]
    assert trained.metrics["unknown_words"] == 0
    assert "0 of the 300 words held out (0.0%) were unknown" in trained.notes[-1]


def test_the_head_stays_behind(topic_data, make, tmp_path):
    trained = SPEC.fit(topic_data, make(options={"unknown": "subwords", "buckets": 50}))
    written(trained, tmp_path / "artifact")
    tensors = load_file(tmp_path / "artifact" / "words.safetensors")
    assert {name: array.shape for name, array in tensors.items()} == {
        "vectors": (20, 8),
        "ngrams": (50, 8),
        "counts": (20,),
        "component": (8,),
    }
    assert trained.sizes["parameters"] == 70 * 8
    assert trained.sizes["trained_parameters"] == 90 * 8


def test_progress_is_told_within_an_epoch_too(topic_data, make, monkeypatch):
    build = word_model.new_model

    def with_small_jobs(*arguments):
        model = build(*arguments)
        model.batch_words = 500
        return model

    monkeypatch.setattr(word_model, "new_model", with_small_jobs)
    run = make()
    SPEC.fit(topic_data, run)
    told = [report for report in run.reports if report.stage == "training"]
    assert len([report for report in told if report.step == 1]) > 4
    assert [report.step for report in told] == sorted(report.step for report in told)
    assert told[-1].step == told[-1].steps == 4
    assert told[-1].seconds_left == 0
    assert all(report.rate > 0 and report.unit == "words" for report in told)
    assert told[-1].loss is not None


def stop_at(step):
    def watch(progress):
        if progress.stage == "training" and progress.step == step:
            raise KeyboardInterrupt

    return watch


@pytest.mark.parametrize("options", [{}, {"unknown": "subwords", "buckets": 50}, {"patience": 2}])
def test_a_resumed_run_ends_as_an_uninterrupted_one(topic_data, make, tmp_path, options):
    whole = SPEC.fit(topic_data, make(options=options, folder=tmp_path / "one"))
    run = make(options=options, folder=tmp_path / "other", watch=stop_at(2))
    with pytest.raises(KeyboardInterrupt):
        SPEC.fit(topic_data, run)
    assert load_checkpoint(run.folder / LATEST).done == 2
    run = replace(run, watch=lambda progress: None, reports=[])
    resumed = SPEC.fit(topic_data, run)
    assert min(r.step for r in run.reports if r.stage == "training") == 2
    assert written(resumed, tmp_path / "b") == written(whole, tmp_path / "a")
    assert resumed.curve == whole.curve
    assert resumed.metrics == whole.metrics


KILLED = """
import os, pathlib, signal, sys
sys.path.insert(0, sys.argv[3])
from conftest import PlainRun
from vecstore.encoders.options import resolve_options
from vecstore.pretext.word_context import SPEC
from vecstore.tasks import TextData

def watch(progress):
    if progress.stage == "training" and progress.step == 2:
        os.kill(os.getpid(), signal.SIGKILL)

texts = pathlib.Path(sys.argv[1]).read_text().splitlines()
run = PlainRun(resolve_options(SPEC, OPTIONS), pathlib.Path(sys.argv[2]), watch=watch)
SPEC.fit(TextData([[text] for text in texts], "0" * 64), run)
"""


def test_a_killed_run_ends_as_an_uninterrupted_one(topic_data, make, tmp_path):
    whole = SPEC.fit(topic_data, make(folder=tmp_path / "one"))
    run = make(folder=tmp_path / "other")
    texts = tmp_path / "texts"
    texts.write_text("\n".join(topic_data.passages()))
    code = KILLED.replace("OPTIONS", repr(SOME))
    here = Path(__file__).parent
    ended = subprocess.run([sys.executable, "-c", code, texts, run.folder, here], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert load_checkpoint(run.folder / LATEST).done == 2
    resumed = SPEC.fit(topic_data, run)
    assert written(resumed, tmp_path / "b") == written(whole, tmp_path / "a")


@pytest.mark.parametrize("options", [{}, {"unknown": "subwords", "buckets": 50}])
def test_a_finished_run_is_taken_up_without_training(topic_data, make, tmp_path, options):
    run = make(options=options)
    first = written(SPEC.fit(topic_data, run), tmp_path / "a")
    run.reports.clear()
    assert written(SPEC.fit(topic_data, run), tmp_path / "b") == first
    assert not [report for report in run.reports if report.stage == "training"]


def test_a_checkpoint_of_another_training_is_refused(topic_data, make):
    SPEC.fit(topic_data, make())
    with pytest.raises(TrainingFailed, match="belongs to another training"):
        SPEC.fit(topic_data, make(options={"vector_size": 9}))


def test_minutes_fix_the_epochs_once(topic_data, make, monkeypatch, tmp_path):
    monkeypatch.setattr(word_training, "epochs_within", lambda *_: 6)
    run = make(minutes=1.0, watch=stop_at(2))
    with pytest.raises(KeyboardInterrupt):
        SPEC.fit(topic_data, run)
    monkeypatch.setattr(word_training, "epochs_within", lambda *_: 3)
    resumed = SPEC.fit(topic_data, replace(run, watch=lambda progress: None))
    assert resumed.sizes["epochs"] == 6
    assert resumed.notes[0] == "the budget of 1 minutes gave 6 epochs"
    whole = SPEC.fit(topic_data, make(folder=tmp_path / "six", options={"epochs": 6}))
    assert written(resumed, tmp_path / "a") == written(whole, tmp_path / "b")


def test_numbers_that_are_none_any_more_stop_it(topic_data, make, monkeypatch):
    train_round, rounds = word_model.train_round, []

    def spoil(model, *rest):
        train_round(model, *rest)
        rounds.append(model)
        if len(rounds) == 3:
            model.syn1neg[2, 1] = np.inf

    monkeypatch.setattr(word_model, "train_round", spoil)
    run = make()
    with pytest.raises(TrainingFailed, match=r"after epoch 3 .* checkpoint of epoch 2") as failed:
        SPEC.fit(topic_data, run)
    assert failed.value.details["epoch"] == "3"
    kept = load_checkpoint(run.folder / LATEST)
    assert kept.done == 2
    assert np.isfinite(kept.arrays["outputs"]).all()


def test_patience_keeps_the_best_weights(topic_data, make, monkeypatch, tmp_path):
    losses = {0: 4.0, 1: 2.0, 2: 3.0, 3: 2.5, 4: 1.0}
    judge = word_training._Training._judge

    def judged(self, step):
        judge(self, step)
        self._curve[-1] = replace(self._curve[-1], validation=losses[step])

    monkeypatch.setattr(word_training._Training, "_judge", judged)
    run = make(options={"patience": 2})
    trained = SPEC.fit(topic_data, run)
    assert [point.step for point in trained.curve] == [0, 1, 2, 3]
    assert trained.metrics["loss"] == 2.0
    assert trained.sizes["epochs"] == 1
    written(trained, tmp_path / "artifact")
    kept = load_checkpoint(run.folder / BEST).arrays["vectors"]
    assert (load_file(tmp_path / "artifact" / "words.safetensors")["vectors"] == kept).all()
    assert (load_checkpoint(run.folder / LATEST).arrays["vectors"] != kept).any()


def test_two_seeds_give_two_models(topic_data, make, tmp_path):
    one = written(SPEC.fit(topic_data, make(folder=tmp_path / "1", seed=1)), tmp_path / "a")
    other = written(SPEC.fit(topic_data, make(folder=tmp_path / "2", seed=2)), tmp_path / "b")
    assert one["words.safetensors"] != other["words.safetensors"]


def test_it_can_start_from_an_artifact(topic_data, make, as_artifact, tmp_path):
    first = as_artifact(SPEC.fit(topic_data, make()), tmp_path / "first", SPEC.name)
    options = {"learning_rate": 1e-9, "epochs": 1}
    run = make(folder=tmp_path / "next", starts=[first], options=options, seed=8)
    trained = SPEC.fit(topic_data, run)
    assert trained.notes[0] == (
        "20 of 20 words began with the vectors of model@1, the others at random"
    )
    second = as_artifact(trained, tmp_path / "second", SPEC.name)
    vectors = [load_file(one.file("words.safetensors"))["vectors"] for one in (first, second)]
    words = [json.loads(one.file("vocabulary.json").read_text()) for one in (first, second)]
    order = [words[0].index(word) for word in words[1]]
    assert np.allclose(vectors[1], vectors[0][order], atol=1e-5)


def test_a_start_of_another_length_is_refused(topic_data, make, as_artifact, tmp_path):
    first = as_artifact(SPEC.fit(topic_data, make()), tmp_path / "first", SPEC.name)
    run = make(folder=tmp_path / "next", starts=[first], options={"vector_size": 10})
    with pytest.raises(InvalidArgument, match="set vector_size=8") as failed:
        SPEC.fit(topic_data, run)
    assert failed.value.details["field"] == "vector_size"


def test_bad_data_and_options_are_refused_before_anything_is_written(topic_data, make):
    run = make(options={"window": 0})
    with pytest.raises(InvalidArgument, match="window"):
        SPEC.fit(topic_data, run)
    run = make()
    with pytest.raises(InvalidInput, match="not one word"):
        SPEC.fit(TextData([["..."]], "0" * 64), run)
    assert list(run.folder.iterdir()) == []


def test_nothing_held_out_is_no_fault(topic_data, make):
    trained = SPEC.fit(topic_data, make(options={"validation": 0.0}))
    assert trained.metrics == {}
    assert trained.curve[-1].loss < trained.curve[0].loss
    assert trained.notes == ()


def test_gensim_says_nothing_by_itself():
    """It warns of few jobs, and nobody who has not set up logging should see that."""
    code = (
        "from vecstore.pretext import word_context; from gensim.models import Word2Vec; "
        "m = Word2Vec([['a', 'b']] * 9, min_count=1, epochs=1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
