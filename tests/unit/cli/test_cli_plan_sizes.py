"""rlsearch plan before anything is fetched: sizes of the presets, times, and workers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

import cli_project
from rlsearch.checks import read, validate
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.data.kinds.base import Form
from rlsearch.data.kinds.images import KIND as IMAGES
from rlsearch.errors import RlsearchError
from rlsearch.overview import costs, plan
from rlsearch.overview.costs import Work
from rlsearch.overview.sizes import Sizes, raw_bytes, sizes
from rlsearch.search.answers import answers_of
from rlsearch.training.calibrate import ChildCost, ImaginedTask, child_cost

ROOT = Path(__file__).resolve().parents[3]
AGENTS = {"reinforce": {"type": "reinforce"}, "random": {"type": "random"}}
CHILD = ChildCost(flops=10, seconds=2.0, weights=100)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    cli_project.make(root, agents=AGENTS, fidelity=None)
    return root


@pytest.mark.parametrize(
    ("preset", "dataset", "expected"),
    [
        ("laptop", "digits", Sizes(IMAGES, Form((1, 8, 8), 10), 1077, 360, 360, False)),
        ("smoke", "digits", Sizes(IMAGES, Form((1, 8, 8), 10), 150, 50, 360, False)),
        ("paper", "cifar-10", Sizes(IMAGES, Form((3, 32, 32), 10), 40_000, 10_000, 10_000, False)),
        (
            "paper",
            "cifar-10-as-published",
            Sizes(IMAGES, Form((3, 32, 32), 10), 50_000, 10_000, 10_000, False),
        ),
    ],
)
def test_sizes_of_the_presets_without_a_download(preset: str, dataset: str, expected: Sizes, tmp_path: Path) -> None:
    assert sizes(read(ROOT / "presets" / f"{preset}.yaml"), dataset, tmp_path) == expected


def test_two_entries_of_one_source_are_downloaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLSEARCH_DATA", str(tmp_path))
    params = read(ROOT / "presets" / "paper.yaml")
    archive, batches = 170_498_071, 186_213_868
    entries = [entry for entry in params.datasets.values() if entry.source == "cifar-10"]
    assert len(entries) == 4
    assert raw_bytes(entries) == (archive, archive + batches)


def test_imagined_data_cost_what_real_data_cost(project: Path) -> None:
    params = read(project / "params.yaml")
    made: Any = answers_of(params, "tiny", project)
    spec = made.space.decode((1.0,))
    imagined = ImaginedTask(
        made.task.settings, params.runtime, (), Path("none"), imagined=Form((1, 8, 8), 4), counts=(128, 32)
    )
    cost = child_cost(imagined, spec)
    assert cost.flops == made.task.full_cost(spec)
    assert cost.weights == sum(4 * parameter.numel() for parameter in made.task.build(spec, 0).parameters())


def test_ten_times_the_epochs_take_longer(project: Path) -> None:
    proxy = read(project / "params.yaml").studies["tiny"].proxy.model_copy(update={"epochs": 10})
    runtime = read(project / "params.yaml").runtime
    long = ImaginedTask(proxy, runtime, (), Path("none"), counts=(2000, 100))
    short = ImaginedTask(proxy.model_copy(update={"epochs": 1}), runtime, (), Path("none"), counts=(2000, 100))
    spec = {"init": {"scheme": "scaled-normal", "scale": 1.0}}
    assert child_cost(long, spec).seconds > 3 * child_cost(short, spec).seconds


def test_a_network_that_is_too_large_for_the_images(project: Path) -> None:
    proxy, runtime = read(project / "params.yaml").studies["tiny"].proxy, read(project / "params.yaml").runtime
    small = ImaginedTask(proxy, runtime, (), Path("none"), imagined=Form((1, 4, 4), 10), counts=(10, 10))
    with pytest.raises(RlsearchError, match="network 'simple-cnn' on images of 1x4x4"):
        child_cost(small, {"init": {"scheme": "scaled-normal", "scale": 1.0}})


def test_without_cuda_the_time_is_that_of_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    runtime, notes = plan._usable(read(ROOT / "presets" / "paper.yaml").runtime)
    assert runtime.device == "cpu"
    assert "that of this machine's CPU" in notes[0]


def test_jobs_side_by_side() -> None:
    runtime = read(ROOT / "presets" / "laptop.yaml").runtime
    assert costs.side_by_side(runtime, cores=8, processes=2) == 4
    assert costs.side_by_side(runtime, cores=1, processes=2) == 1
    assert costs.side_by_side(runtime.model_copy(update={"device": "cuda"}), cores=8) == 1
    assert Work(0, 0, (5.0, 1.0, 1.0)).times(start=1.0, side_by_side=2) == (6.0, 5.0, 6.0)
    assert Work(0, 0, (1.0, 1.0, 1.0, 1.0)).times(start=1.0, side_by_side=2) == (4.0, 4.0, 2.0)


def laptop(**changes: Any) -> Params:
    raw = read(ROOT / "presets" / "laptop.yaml").model_dump(mode="json")
    raw["studies"]["init-scale"].update(changes)
    return validate(raw)


def test_the_laptop_preset_by_hand() -> None:
    params = laptop()
    study, searches = params.studies["init-scale"], artefacts.searches(params, "init-scale")
    searched = costs.search(study, searches, CHILD, workers=1)
    assert searched.children == (4 + 2) * 5 * (39 + 3 * 3 + 4)  # two of the four have twins
    assert searched.jobs == 30 * (52 * 2.0,)
    simulated = dict.fromkeys(study.agents, 1.0)
    controlled = costs.controls(study, CHILD, 1, simulated, together=2)
    assert controlled.children == 20 * 3 + 2 * 39
    assert controlled.jobs == (1 + 2 * (39 + 60), 1 + 2 * (39 + 60), 1.0, 1.0)
    retrained = costs.retrain(study, CHILD)
    assert retrained.children == (4 + 5) * 5 + 13 * 2
    assert math.isclose(costs.store_bytes([searched], retrained, CHILD), 1560 * (4096 + 1200) + 71 * 100)


def test_workers_shorten_what_they_can_share() -> None:
    agents = {"random": {"type": "random"}, "pairs": {"type": "random", "batch": 2}}
    params = laptop(agents=agents, fidelity=None, claims=[])
    study, searches = params.studies["init-scale"], artefacts.searches(params, "init-scale")
    jobs = costs.search(study, searches, CHILD, workers=2).jobs
    assert (jobs[0], jobs[-1]) == (2.0 * (39 + 7), 2.0 * (20 + 7))
