"""What every kind of data keeps to: files, forms, batches, what nothing learned is worth, and what an epoch costs."""

from __future__ import annotations

import io
import json
import math
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from rlsearch.config.task_models import TaskSettings
from rlsearch.data.kinds.base import Form, Resident
from rlsearch.testing import cases
from rlsearch.testing.cases import Case
from rlsearch.training.forward_flops import forward_flops
from rlsearch.training.loop import fit, measure
from rlsearch.training.scope import child_scope

CPU = torch.device("cpu")


CASES = cases.kinds()
pytestmark = pytest.mark.parametrize("name", CASES)


@pytest.fixture
def case(name: str, request: pytest.FixtureRequest) -> Case:
    """Return the case of a name; a module that imports these tests may have cases of its own."""
    chosen: Case = request.module.CASES[name]
    return chosen


@pytest.fixture
def parts(case: Case, tmp_path: Path) -> dict[str, Resident]:
    """Fetch the case's data and load them."""
    raw = case.raw()
    for part, samples in case.kind.split(raw, case.settings).items():
        (tmp_path / f"{part}.npz").write_bytes(case.kind.file(samples, raw))
    return {part: case.kind.load(tmp_path / f"{part}.npz") for part in ("train", "validation", "test")}


def task(**changes: Any) -> TaskSettings:
    return TaskSettings(**{"network": "simple-cnn", "epochs": 3, "batch_size": 13, **changes})


def built(case: Case, form: Form) -> nn.Module:
    return case.network(form.shape, form.outputs)


def generators() -> tuple[torch.Generator, torch.Generator]:
    return torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)


def test_a_kind_has_the_name_of_its_file(case: Case, name: str) -> None:
    assert case.kind.name == name


def test_equal_settings_give_equal_files(case: Case, name: str) -> None:
    raw, again = case.raw(), case.raw()
    first, second = case.kind.split(raw, case.settings), case.kind.split(again, case.settings)
    assert list(first) == ["train", "validation", "test"]
    for part in first:
        assert case.kind.file(first[part], raw) == case.kind.file(second[part], again)


def test_no_byte_hangs_on_the_version_of_python(case: Case, name: str) -> None:
    """What `numpy.savez` writes does, up to Python 3.11.3: equal data would have other digests on another machine."""
    raw = case.raw()
    content = case.kind.file(case.kind.split(raw, case.settings)["test"], raw)
    for member in zipfile.ZipFile(io.BytesIO(content)).infolist():
        sizes = content[member.header_offset + 18 : member.header_offset + 26]
        expected = member.compress_size.to_bytes(4, "little") + member.file_size.to_bytes(4, "little")
        assert sizes == expected, f"{member.filename}: write the archive with rlsearch.data.archive.npz"


def manifest_of(case: Case) -> Any:
    """Return what the manifest of the case's data says, as its file holds it."""
    raw = case.raw()
    cut = case.kind.split(raw, case.settings)
    counts = {part: len(samples) for part, samples in cut.items()}
    return json.loads(json.dumps({**case.kind.about(raw, cut, case.settings), "counts": counts}))


def test_the_manifest_tells_the_form_and_so_do_files_and_card(
    case: Case, parts: dict[str, Resident], name: str, tmp_path: Path
) -> None:
    manifest = manifest_of(case)
    form = parts["train"].form
    assert case.kind.form(manifest) == case.kind.form_of(tmp_path / "train.npz") == form
    assert set(case.kind.form_keys) <= set(manifest)
    card = json.loads(json.dumps(case.kind.on_card(form, task())))
    assert tuple(card) == case.kind.card and case.kind.form_on_card(card) == form
    assert all(isinstance(value, str) for value in case.kind.facts(manifest).values())
    assert isinstance(case.kind.remarks(manifest), list) and case.kind.describe(form)
    assert {part: len(resident) for part, resident in parts.items()} == manifest["counts"]


def test_pictures_are_few_and_those_of_the_file(
    case: Case, parts: dict[str, Resident], name: str, tmp_path: Path
) -> None:
    manifest = manifest_of(case)
    groups = case.kind.pictures(tmp_path / "train.npz", manifest, 3, 2)
    assert groups is None or 0 < len(groups) <= 2
    for title, pictures in groups or ():
        assert title and 0 < len(pictures) <= 3
        assert pictures.dtype == "uint8" and pictures.ndim == 4 and pictures.shape[3] in (1, 3)
    assert len({title for title, _ in groups or ()}) == len(groups or ())


def test_an_epoch_has_the_samples_that_it_is_said_to_cost(case: Case, parts: dict[str, Resident], name: str) -> None:
    for size in (2, 7, 13):
        settings = task(batch_size=size)
        batches = list(parts["train"].batches(settings, *generators()))
        form, count = parts["train"].form, len(parts["train"])
        assert sum(batch.size for batch in batches) == case.kind.epoch_samples(form, count, settings)
        assert batches[0].size == case.kind.step_samples(form, settings)


def test_a_batch_that_is_asked_twice_answers_alike(case: Case, parts: dict[str, Resident], name: str) -> None:
    """As a step of two passes does: before the weights have moved, the second answer is the first."""
    with child_scope(0, CPU, 1):
        model = built(case, parts["train"].form)
    for batch in parts["train"].batches(task(), *generators()):
        (first, score), (second, again) = batch.loss(model), batch.loss(model)
        assert torch.equal(first, second) and torch.equal(score, again) and first.requires_grad
        first.backward()


def test_equal_generators_give_equal_weights(case: Case, parts: dict[str, Resident], name: str) -> None:
    states = []
    for _ in range(2):
        with child_scope(0, CPU, 1):
            model = built(case, parts["train"].form)
            fit(model, parts["train"], task(epochs=1), seed=3)
        states.append(model.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_what_can_be_learnt_is_learnt_and_what_is_shuffled_is_not(
    case: Case, parts: dict[str, Resident], name: str
) -> None:
    main = case.kind.measure
    chance = main.chance(parts["train"].form.guessed)
    for shuffled in (False, True):
        train, held_out = parts["train"], parts["validation"]
        if shuffled:
            train, held_out = train.shuffled(0), held_out.shuffled(1)
        with child_scope(0, CPU, 1):
            model = built(case, train.form)
            before = main.of(measure(model, held_out, task()))
            progress = fit(model, train, task(epochs=8, optimizer={"lr": 0.01}), seed=1)
            after = main.of(measure(model, held_out, task()))
        assert progress.samples == 8 * case.kind.epoch_samples(train.form, len(train), task())
        assert main.better(progress.curve[-1][1], progress.curve[0][1]) or shuffled
        assert (main.gain(after, chance) > 0.5 * abs(main.merit(chance))) != shuffled
        assert math.isfinite(before)


def test_measuring_changes_nothing_and_thorough_adds(case: Case, parts: dict[str, Resident], name: str) -> None:
    with child_scope(0, CPU, 1):
        model = built(case, parts["test"].form)
        metrics = measure(model, parts["test"], task())
        assert measure(model, parts["test"], task()) == metrics
        thorough = measure(model, parts["test"], task(), thorough=True)
    assert {key: thorough[key] for key in metrics} == metrics and "loss" in metrics
    assert math.isfinite(case.kind.measure.of(metrics))


def test_what_a_task_asks_to_be_recorded_is_measured_besides(case: Case, parts: dict[str, Resident], name: str) -> None:
    with child_scope(0, CPU, 1):
        model = built(case, parts["test"].form)
        plain = measure(model, parts["test"], task())
        for record, recorded in case.kind.records.items():
            found = measure(model, parts["test"], task().model_copy(update={"record": (record,)}))
            assert found == {**plain, recorded.metric: found[recorded.metric]} and recorded.metric not in plain
            assert type(found[recorded.metric]) is float


def test_one_answer_is_right_at_least_as_often_as_a_guess(case: Case, parts: dict[str, Resident], name: str) -> None:
    assert parts["train"].form.guessed <= case.kind.guessed(manifest_of(case)) <= 1
    for part in parts.values():
        assert part.form.guessed <= part.guessed <= 1 and math.isfinite(case.kind.measure.chance(part.guessed))


def test_parts_are_joined_and_moved(parts: dict[str, Resident], name: str) -> None:
    both = parts["train"].joined(parts["validation"])
    assert len(both) == len(parts["train"]) + len(parts["validation"]) and both.form == parts["train"].form
    assert both.to("cpu").device == CPU


def test_noise_trains_as_the_data_do(case: Case, parts: dict[str, Resident], name: str) -> None:
    form = parts["train"].form
    noise = case.kind.noise(form, 40, CPU)
    assert len(noise) == 40 and noise.form == form
    with child_scope(0, CPU, 1):
        model = built(case, form)
        assert math.isfinite(fit(model, noise, task(epochs=1), seed=0).curve[0][0])
        assert noise.inputs(2, task()).shape[0] == 2
        assert forward_flops(model, case.kind.example(form)) > 0


def test_a_kind_travels_to_other_processes(case: Case, parts: dict[str, Resident], name: str) -> None:
    assert pickle.dumps(case.kind)  # which looks its class up by name, as the other process will
