"""Plans of searches whose networks cost very different amounts, beside what the searches then take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import cli_project
import tiny
from rlsearch.config.artefacts import search_folder
from rlsearch.files import read_json
from rlsearch.overview import child_costs, costs, measured, plan
from rlsearch.overview.measured import MeasuredStudy
from rlsearch.overview.sizes import sizes
from rlsearch.overview.state import StudyState
from rlsearch.phases import search
from rlsearch.training import calibrate
from rlsearch.training.calibrate import ChildCost, ImaginedTask

STUDY = {
    **tiny.LAYERED,
    "space": {"type": "layered-cnn", "layers": 3, "kernels": [1, 5], "filters": [2, 4, 24], "strides": [1]},
    "agents": {"random": {"type": "random"}, "lstm": {"type": "lstm-reinforce", "batch": 4}},
    "search": {"seeds": 1, "budget": 40, "finalists": 2, "replicates": 2, "score_replicates": 2},
    "baselines": [],
    "controls": {**tiny.STUDY["controls"], "agents": []},
}


@pytest.mark.parametrize("agent", ["random", "lstm"])
def test_a_plan_is_right_within_a_factor_of_two(agent: str, tmp_path: Path) -> None:
    params = cli_project.make(tmp_path, **STUDY)
    foreseen = MeasuredStudy(params, "tiny", {"spots": sizes(params, "spots", tmp_path)}, params.runtime, 2)
    assert foreseen.unlike and foreseen.proxy is not None
    planned = costs.search(params.studies["tiny"], [(agent, 0)], foreseen.proxy, 1)
    search.run(params, "tiny", agent, 0, tmp_path)
    summary = read_json(tmp_path / search_folder("tiny", agent, 0) / "summary.json")
    cost = summary["cost"]
    flops = cost["flops"] + cost["finalist_flops"] + cost["score_flops"]
    children = summary["trials"] + 2 * 2 + 2
    assert 0.5 < planned.children / children < 2
    assert 0.5 < planned.flops / flops < 2
    # Once it has ended, the plan counts what it had.
    finished = StudyState(params, "tiny", tmp_path).finished
    assert finished == {(agent, 0): summary["trials"]}
    again = costs.search(params.studies["tiny"], [(agent, 0)], foreseen.proxy, 1, finished)
    assert again.children == children


@pytest.mark.parametrize("arithmetic", [10**15, 0])
def test_a_few_networks_are_timed_and_of_large_ones_the_smallest_alone(
    arithmetic: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = cli_project.make(tmp_path, **STUDY)
    study, size, timed = params.studies["tiny"], sizes(params, "spots", tmp_path), list[int]()

    def cost(task: ImaginedTask, spec: Mapping[str, Any], enough: float) -> ChildCost:
        timed.append(task.full_cost(spec))
        return ChildCost(timed[-1], float(len(timed)), 100)

    monkeypatch.setattr(calibrate, "child_cost", cost)
    monkeypatch.setattr(child_costs, "ARITHMETIC", arithmetic)
    child = child_costs.cost_of_child(study, study.proxy, params.runtime, size, (size.train, size.validation))
    assert timed == sorted(timed) and not child.alike
    if arithmetic:
        assert len(set(timed)) == 3 and (child.seconds, child.weights) == (2.0, 100)
        assert timed[0] < timed[1] < child.flops < timed[2]
    else:
        assert len(timed) == 1 and child.seconds > 2 and child.weights > 100


def test_an_agent_that_explores_less_and_less_is_timed_over_a_whole_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late in its schedule it draws what it knows many times over, which its first trials do not show."""
    schedule = [[1.0, 10], [0.1, 10]]
    agents = {"q-learning": {"type": "q-learning", "schedule": schedule}, "random": {"type": "random"}}
    study = cli_project.make(tmp_path, **{**STUDY, "agents": agents}).studies["tiny"]
    asked: list[int] = []

    def simulate(*arguments: Any, episodes: int, runs: int) -> Any:
        asked.append(episodes)
        return measured_simulate(*arguments, episodes=episodes, runs=runs)

    measured_simulate = measured.simulate_choices
    monkeypatch.setattr(measured, "simulate_choices", simulate)
    monkeypatch.setattr(measured, "WHOLE", 20)
    seconds = measured._seconds(study, "q-learning")
    assert asked == [1]
    monkeypatch.setattr(measured.time, "process_time", iter((0.0, 3.0, 5.0, 6.0)).__next__)
    assert (seconds(20, 10), seconds(40, 10)) == (30.0, 20.0)
    assert asked == [1, 20, 20]


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"restart": {"most": 3}}, "begin again (each up to 3 times, for an epoch): a search"),
        ({"epochs": 9, "patience": 2, "restart": {"most": 1}}, "(each up to 1 time, for an epoch) or stop early:"),
        ({}, ""),
    ],
)
def test_what_nobody_can_foresee_is_said(task: dict[str, Any], words: str, tmp_path: Path) -> None:
    params = tiny.study(tmp_path, **{**STUDY, "proxy": {**tiny.LAYERED["proxy"], **task}})
    study: Any = SimpleNamespace(settings=params.studies["tiny"], unlike=False, tried=())
    notes = list(plan._about("tiny", study))
    assert len(notes) == bool(words) and all(words in note for note in notes)
