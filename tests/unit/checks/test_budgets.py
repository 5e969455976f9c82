"""Budgets of studies that train their children: what a search would refuse at its beginning is told before any work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import cli_project
import tiny
from rlsearch import checks
from rlsearch.checks import budgets
from rlsearch.config.models import Params
from rlsearch.errors import SettingsError
from rlsearch.phases import search
from rlsearch.search.answers import answers_of

CHAINS: dict[str, Any] = {
    "space": {
        "type": "metaqnn",
        "size": 8,
        "depth": 2,
        "filters": [4, 8],
        "fields": [1, 3],
        "pool_sizes": [],
        "fc": [],
    },
    "proxy": {**tiny.TASK, "network": "metaqnn", "epochs": 2, "restart": {"most": 2}},
    "target": {**tiny.TASK, "network": "metaqnn"},
    "agents": {"random": {"type": "random"}},
    "baselines": [],
}
UNLIKE = {**tiny.LAYERED, "agents": {"random": {"type": "random"}}}
POLICY = {**tiny.CONTROL, "agents": {"ppo": tiny.CONTROL["agents"]["ppo"]}, "baselines": []}
ALIKE: dict[str, Any] = {}


@pytest.mark.parametrize("changes", [ALIKE, UNLIKE, CHAINS, POLICY], ids=["alike", "layers", "restarts", "policy"])
def test_a_search_and_its_check_ask_for_the_same_budget(
    changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = cli_project.make(tmp_path, **changes)
    study, answers = params.studies["tiny"], answers_of(params, "tiny", tmp_path)
    priced = budgets._prices(study, answers.task.form)  # type: ignore[attr-defined]
    assert priced is not None
    least = [
        lacking.fewest
        for prices, episode in (
            priced,
            (answers.prices(), lambda actions: answers.price(answers.space.decode(actions))),
        )
        if (lacking := budgets.worst(study, prices, episode, 1)) is not None
    ]
    assert len(least) == 2 and least[0] == least[1] > study.search.replicates


def test_a_budget_that_is_too_small_is_told_before_any_work_and_by_a_search_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = cli_project.make(tmp_path, **CHAINS)
    (fault,) = budgets.trained(params)
    for command in ("validate", "plan"):
        result = cli_project.run(command)
        said = " ".join(result.stderr.split())
        assert result.exit_code == 2 and "studies.tiny.search.budget = 10 (line" in said, said
        assert fault.problem in said
    with pytest.raises(SettingsError) as caught:
        search.run(params, "tiny", "random", 0, tmp_path)
    error = caught.value
    fewest = error.allowed.removesuffix(" with these finalists")
    assert fault.problem.startswith(f"must be {fewest}: {error.what}; raise")
    assert "with every restart, takes" in error.what and "or proxy.restart.most, or narrow" in error.remedy
    enough = int(fewest.split()[-1])
    assert list(budgets.trained(_with_budget(params, enough))) == []
    assert len(list(budgets.trained(_with_budget(params, enough - 1)))) == 1


def test_what_nobody_can_know_before_work_is_left_to_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = tiny.study(tmp_path, **CHAINS)  # data of one's own, which nobody has looked at
    assert list(budgets.trained(params)) == []
    params = cli_project.make(tmp_path, **CHAINS)
    monkeypatch.setattr(budgets.network_flops, "counter", lambda _: None)  # a network that only torch can count
    assert list(budgets.trained(params)) == []


LEARNS = {"type": "maskable-ppo", "episodes": 2, "n_epochs": 2}
ENDS = {"type": "q-learning", "schedule": [[1.0, 4], [0.1, 4]]}
WIDE = {**tiny.LAYERED, "space": {**tiny.LAYERED["space"], "kernels": [3]}}
SEARCH = {**tiny.STUDY["search"], "budget": 200}


@pytest.mark.parametrize(
    ("space", "agents", "search", "warned"),
    [
        (CHAINS, {"one": LEARNS, "two": ENDS, "random": {"type": "random"}}, SEARCH, True),
        (CHAINS, {"one": LEARNS}, {**SEARCH, "most_trials": 8}, False),
        (CHAINS, {"two": ENDS, "random": {"type": "random"}}, SEARCH, False),  # none prefers what is cheap without end
        (WIDE, {"one": LEARNS}, SEARCH, False),  # a search has few times its trials at most
    ],
    ids=["unlike", "limited", "ending", "alike"],
)
def test_a_search_that_could_have_many_times_its_trials_is_told(
    space: dict[str, Any], agents: dict[str, Any], search: dict[str, Any], warned: bool
) -> None:
    study = {**tiny.STUDY, **space, "agents": agents, "search": search, "dataset": "digits"}
    raw = {"preset": "test", "datasets": {"digits": {"source": "digits", "test": 0.2}}, "runtime": {}}
    params = checks.validate({**raw, "studies": {"tiny": study}})
    told, short = list(budgets.warnings(params)), list(budgets.warnings(params, brief=True))
    assert len(told) == len(short) == warned
    if warned:
        found = re.search(r"costs ([0-9.e-]+) of the mean, so that a search by one .* up to ([0-9,]+) trials", told[0])
        assert found and int(found[2].replace(",", "")) == pytest.approx(200 / float(found[1]), rel=0.1)
        assert told[0].startswith("studies.tiny.search.most_trials = null") and told[0].endswith("such as 196")


def _with_budget(params: Params, budget: int) -> Params:
    study = params.studies["tiny"]
    changed = study.model_copy(update={"search": study.search.model_copy(update={"budget": budget})})
    return params.model_copy(update={"studies": {"tiny": changed}})
