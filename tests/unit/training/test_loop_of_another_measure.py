"""A closed loop that is not judged by accuracy: steps, states, patience, ledger and answer go by the task's measure."""

from __future__ import annotations

import csv
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

import control_factory
import tiny
from rlsearch import checks
from rlsearch.config import artefacts, task_models
from rlsearch.config.artefacts import search_folder
from rlsearch.config.models import StepRewardSettings
from rlsearch.controls.policy_learning import Problem, learn
from rlsearch.controls.policy_planted import NoisyChild, Planted, Signal
from rlsearch.envs.closed_loop import ClosedLoopEnv
from rlsearch.evidence import sensitivity
from rlsearch.files import read_json, read_jsonl
from rlsearch.measures import ACCURACY, BLEU, CROSS_ENTROPY, PERPLEXITY, Measure
from rlsearch.phases import controls, report, retrain, search, select
from rlsearch.search.budget import FlopLimit
from rlsearch.search.stepwise import TableChild
from rlsearch.spaces.optimizer_selection import OptimizerSelection
from rlsearch.training.observation import LOSS_LIMIT, Measured, Weights, bounds, observe
from rlsearch.truth.table import TruthTable

REWARD = {"scale": 10.0, "power": -1, "failure": -2.0}
AGENTS = {name: tiny.CONTROL["agents"][name] for name in ("ppo", "switching")}


@pytest.mark.parametrize("measure", [CROSS_ENTROPY, PERPLEXITY])
def test_searches_keep_the_step_and_the_answer_of_the_lowest_loss(
    measure: Measure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_models, "_measure", lambda network: measure)
    # A learning rate at which the loss rises again: the last step is then seldom the best.
    wild = {"sgd": {"name": "sgd", "lr": 0.02, "momentum": 0.9}, "wild": {"name": "sgd", "lr": 0.4, "momentum": 0.9}}
    space = {**tiny.CONTROL["space"], "optimizers": wild, "patience": 2}
    study = {**tiny.CONTROL, "space": space, "agents": AGENTS, "reward": REWARD, "baselines": []}
    params = tiny.study(tmp_path, **study)
    for agent in AGENTS:
        search.run(params, "tiny", agent, 0, tmp_path)
    folder = tmp_path / search_folder("tiny", "ppo", 0)
    with (folder / "steps.csv").open(encoding="utf-8", newline="") as file:
        steps = list(csv.DictReader(file))
    trials, kept = read_jsonl(folder / "trials.jsonl"), []
    for trial in trials:
        taken = [row for row in steps if row["trial"] == str(trial["index"])]
        losses = [float(row["loss"]) for row in taken]
        kept.append(trial["metrics"]["loss"])
        assert kept[-1] == min(losses) and len(losses) == len(trial["schedule"])
        assert [float(row[measure.name]) for row in taken] == pytest.approx([measure.level(loss) for loss in losses])
        assert trial["reward"] == pytest.approx(10 / measure.level(min(losses)))
        assert sum(float(row["reward"]) for row in taken) == pytest.approx(trial["info"]["return"])
    assert any(min(losses) < losses[-1] for losses in _losses(steps).values())
    assert set(_told(steps, measure)) == {True}
    # Whoever proposes whole schedules answers with that of the lowest mean loss.
    summary = read_json(tmp_path / search_folder("tiny", "switching", 0) / "summary.json")
    finalists = (tmp_path / search_folder("tiny", "switching", 0) / "finalists.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(finalists.splitlines()))
    levels = {row["key"]: float(row[f"mean_{measure.name}"]) for row in rows}
    assert len(levels) == 2 and levels[summary["answer"]["key"]] == min(levels.values())


def _losses(steps: list[dict[str, str]]) -> dict[str, list[float]]:
    trials = sorted({row["trial"] for row in steps})
    return {trial: [float(row["loss"]) for row in steps if row["trial"] == trial] for trial in trials}


def _told(steps: list[dict[str, str]], measure: Measure) -> list[bool]:
    """Tell of every later step of a run whether it was paid for a fall of the loss, and fined for a rise."""
    weights, found = Weights(**StepRewardSettings().model_dump()), []
    for first, second in itertools.pairwise(steps):
        if first["trial"] != second["trial"]:
            continue
        fall = float(first["loss"]) - float(second["loss"])
        last = not any(row["trial"] == second["trial"] and int(row["step"]) > int(second["step"]) for row in steps)
        final = -float(second["loss"]) if last else 0.0
        expected = (weights.gain + weights.loss) * fall - weights.cost * float(second["cost"]) + weights.final * final
        found.append(float(second["reward"]) == pytest.approx(expected))
    return found


@pytest.mark.parametrize("measure", [ACCURACY, CROSS_ENTROPY, PERPLEXITY, BLEU])
@pytest.mark.parametrize("loss", [0.0, 2.3, 1e9, math.nan])
def test_states_are_finite_and_inside_their_bounds(measure: Measure, loss: float) -> None:
    level = 0.5 if measure.higher_is_better else float(measure.level(loss))
    low, high = bounds(measure, 3)
    start, now = Measured.untrained(measure, 10), Measured.of(measure, level, loss, 1, 2)
    for before, after in ((start, start), (start, now), (now, start)):
        seen = observe(measure, before, after, 4, 3)
        assert np.isfinite(seen).all() and (low <= seen).all() and (seen <= high).all()
    assert Measured.of(PERPLEXITY, math.inf, 1e9).merit == -LOSS_LIMIT


def test_a_lower_loss_is_a_better_state_and_earns_more() -> None:
    weights = Weights(gain=2.0, loss=0.0, cost=0.0, final=1.0)
    worse, better = Measured.of(PERPLEXITY, math.exp(2.0), 2.0), Measured.of(PERPLEXITY, math.exp(0.5), 0.5)
    assert observe(PERPLEXITY, worse, better, 4, 2)[[0, 2]].tolist() == pytest.approx([-0.5, 1.5])
    assert weights.earned(worse, better, 1.0, last=True) == pytest.approx(2 * 1.5 - 0.5)
    assert weights.earned(better, worse, 1.0, last=False) == pytest.approx(-3.0)


def test_the_made_up_child_of_an_environment_gets_better_with_good_choices() -> None:
    env = ClosedLoopEnv(OptimizerSelection(), measure=PERPLEXITY)
    returns = {}
    for actions in np.ndindex(*(len(env.labels),) * env.space.steps):
        env.reset(seed=1)
        returns[actions] = sum(env.step(action)[1] for action in actions)
    assert max(returns.values()) > 0 > min(returns.values())


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TruthTable:
    monkeypatch.setattr(task_models, "_measure", lambda network: PERPLEXITY)
    control_factory.write_table(tmp_path)
    return TruthTable.load(control_factory.TABLE, root=tmp_path)


def test_a_schedule_tree_answers_and_is_weighed_by_its_measure(tree: TruthTable) -> None:
    child = TableChild(tree, 0)
    step = child.step("sgd")
    assert list(step.metrics) == ["loss"] and step.epochs == child.space.epochs_per_step
    assert tree.measure.of(step.metrics) == pytest.approx(math.exp(step.loss))
    losses = tree.values["loss"]
    start = math.log(tree.outputs)
    weights = Weights(gain=1.0, loss=0.0, cost=0.0, final=0.0)
    assert sensitivity.returns(tree, weights, -2.0) == pytest.approx(start - losses[:, :, -1])
    signal = Signal.of(tree)
    means = losses.mean(axis=1)[:, -1]
    assert signal.effect == pytest.approx(signal.loss_effect) == pytest.approx(means.mean() - means.min())


@pytest.mark.parametrize("shuffled", [False, True])
def test_policies_learn_on_a_tree_and_its_null_by_its_measure(
    tree: TruthTable, shuffled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reward = {**REWARD, "steps": {"gain": 1.0, "loss": 0.0, "cost": 0.0, "final": 0.0}}
    agents = {"ppo": {"type": "ppo", "hidden": [8]}}
    raw = control_factory.settings(reward=reward, agents=agents, claims=[], baselines=[])
    monkeypatch.chdir(tree.root)
    study = checks.validate(raw).studies[control_factory.STUDY]
    unit = int(tree.flops.mean())
    problem = Problem(
        study, control_factory.STUDY, "ppo", tree, tree, FlopLimit(12 * unit, lambda _: unit, 1, 0, unit, unit), 12
    )
    found = learn(problem, 0, shuffled=shuffled)
    start, losses = math.log(tree.outputs), tree.values["loss"][found.rows, found.columns, -1]
    assert (found.returns == pytest.approx((start - losses).tolist())) is not shuffled
    assert all(math.isfinite(value) for value in found.returns)
    planted = Planted(problem)
    assert 0 < planted.share_of_return(0) <= 1
    children = [NoisyChild(planted.signal, (0, 0), planted.best, 3) for _ in range(2)]
    others = [next(label for label in problem.options if label != best) for best in planted.best]
    ends = [
        [child.step(str(one)) for one in way][-1] for child, way in zip(children, (planted.best, others), strict=True)
    ]
    assert ends[0].level < ends[1].level and ends[0].loss < ends[1].loss


def test_a_study_of_perplexity_runs_from_search_to_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_models, "_measure", lambda network: PERPLEXITY)
    agents = {"ppo": AGENTS["ppo"]}
    params = tiny.study(tmp_path, **{**tiny.CONTROL, "agents": agents, "reward": REWARD, "baselines": ["sgd"]})
    study = params.studies["tiny"]
    for arm, seed in artefacts.searches(params, "tiny"):
        search.run(params, "tiny", arm, seed, tmp_path)
    select.run(params, "tiny", tmp_path)
    for slot in artefacts.slots(study):
        retrain.run(params, "tiny", slot.name, tmp_path)
    for arm in artefacts.controlled(study):
        controls.run(params, "tiny", arm, tmp_path)
    page = report.run(params, tmp_path).read_text(encoding="utf-8")
    shown = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert "test perplexity" in shown and "accura" not in shown.lower()
