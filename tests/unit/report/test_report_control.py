"""The report of a closed loop, and the evidence behind it, from made-up artefacts and a made-up schedule tree."""

from __future__ import annotations

import copy
import csv
import dataclasses
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
import yaml

import control_factory
from control_factory import JUDGE, STUDY, TABLE
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.evidence import class_balance, convergence, sensitivity, worth
from rlsearch.evidence.results import Results
from rlsearch.evidence.schedule_truth import ScheduleTruth
from rlsearch.files import read_json, write_atomic
from rlsearch.measures import ACCURACY
from rlsearch.phases import report
from rlsearch.report import cards, page, published, published_models, words
from rlsearch.report.figures import level_by_cost, modules
from rlsearch.report.page import Chapter
from rlsearch.report.study import StudyData
from rlsearch.report.tables import effort, published_arms
from rlsearch.statistics import intervals
from rlsearch.training.observation import Measured, Weights
from rlsearch.truth.table import TruthTable

NOT_HERE = {
    "sampled-actions", "reward-by-action", "null-example", "proxy-fidelity", "gradient-variance", "policy-loss",
    "null-runs", "planted", "sign-shares",
}  # fmt: skip
"""Figures of a single continuous decision, of gradients, and of simulated controls that the settings leave out."""
OWN = Weights(gain=1.0, loss=0.1, cost=0.01, final=1.0)


@dataclass
class Made:
    root: Path
    params: Params
    data: StudyData
    text: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("control")
    params = control_factory.build(root)
    text = report.run(params, root).read_text(encoding="utf-8")
    return Made(root, params, StudyData(params, STUDY, root), text)


@pytest.fixture(scope="module")
def truth(made: Made) -> ScheduleTruth:
    found = made.data.loop.truth
    assert found is not None
    return found


def rows(made: Made, table: str) -> list[dict[str, str]]:
    path = made.root / artefacts.REPORT_FOLDER / "tables" / f"{STUDY}-{table}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_first_screen_sums_up_every_study(made: Made) -> None:
    twice = page.render(made.params, [Chapter(made.data, [], [])] * 2)
    assert twice.count(f'<h2><a href="#{STUDY}">{STUDY}</a></h2>') == 2
    assert twice.count(page.summary(made.data)) == 2  # in each study's own summary
    assert twice.count(f'<p class="answer">{cards.answer(made.data.verdicts[0])}</p>') == 2


def test_studies_without_claims_come_last(made: Made) -> None:
    silent = copy.copy(made.data)
    silent.name, silent.settings = "silent", made.data.settings.model_copy(update={"claims": ()})
    text = page.render(made.params, [Chapter(silent, [], []), Chapter(made.data, [], [])])
    assert 0 < text.index(f'<article id="{STUDY}">') < text.index('<article id="silent">')
    assert text.index(f'<h2><a href="#{STUDY}">') < text.index('<h2><a href="#silent">')


def test_contents_fold_on_a_phone_and_stand_beside_the_page_elsewhere(made: Made) -> None:
    assert made.text.count('<details class="contents folded">') == made.text.count('<nav class="contents beside"') == 1
    first_card, folded = made.text.index('class="card'), made.text.index('<details class="contents folded">')
    assert first_card < folded


def test_policies_and_schedules_share_no_seed_variance_and_are_not_paired(made: Made) -> None:
    assert any(claim.claim == "beats-agent-on-table" for claim in made.data.settings.claims)
    assert not list((made.root / artefacts.REPORT_FOLDER / "tables").glob("*-best-found.csv"))


def test_figures_and_sections_of_a_control_problem(made: Made) -> None:
    files = {path.stem for path in (made.root / artefacts.REPORT_FOLDER / "figures").glob("*.svg")}
    assert files == {f"{STUDY}-{name}" for name in modules() if name not in NOT_HERE}
    for section in ("search", "table", "target", "sensitivity", "controls", "published", "cost"):
        assert f'id="{STUDY}-{section}"' in made.text
    for section in ("landscape", "fidelity", "gradient"):
        assert f'id="{STUDY}-{section}"' not in made.text
    for text in ("At each of 3 steps of a run one of sgd, adam, sam", "answered from a schedule", "Policy, schedule"):
        assert text in made.text
    assert "training and validation images together" not in made.text
    assert "Runs are measured on the validation images during training" in made.text
    assert not [word for word in (">nan", "None<", ">inf", "NaN", "best network") if word in made.text]


def test_captions_and_alternatives_say_what_is_drawn(made: Made) -> None:
    for name, module in modules().items():
        if module.applies(made.data):
            assert len(module.alt(made.data)) > 40, name
            assert len(module.caption(made.data)) > 40, name
    shares = modules()["ribbons"].alt(made.data)
    assert "sgd: sgd 100 %" in shares
    assert "adam-then-sgd: sgd 67 %, adam 33 %" in shares
    assert "Off the axis" not in modules()["regret"].caption(made.data)
    assert "dqn" in modules()["null-regret"].caption(made.data)


def test_metrics_hold_arms_tree_and_policies(made: Made) -> None:
    found = read_json(made.root / artefacts.METRICS_FILE)["studies"][STUDY]
    assert found["arms"]["sgd"]["cost"] == 12
    assert found["tree"]["regret"]["best schedule"] == 0
    assert set(found["policies"]) == {"dqn", "ppo", "ppo-three"}
    assert set(found["policies"]["dqn"]) == {"null_regret", "planted_share", "planted_choices", "random_share"}


def test_a_study_of_real_children_has_no_tree_and_an_unfinished_one_says_so(tmp_path: Path) -> None:
    changed = control_factory.settings(evaluator="train", controls={**CONTROLS, "repetitions": None}, claims=[])
    params = control_factory.build(tmp_path, raw=changed, parts=("search", "select"))
    text = report.run(params, tmp_path, partial=True).read_text(encoding="utf-8")
    data = StudyData(params, STUDY, tmp_path)
    assert (data.loop.truth, data.trained, data.target_level) == (None, {}, None)
    assert "Not run yet: 13 retrained slots (results/retrain)" in text
    assert f'id="{STUDY}-sensitivity"' not in text
    assert "Every agent trains networks" in text
    assert f'id="figure-{STUDY}-returns"' in text
    for name in ("ribbons", "level-by-cost", "carry", "null-regret", "validation-curves"):
        assert not modules()[name].applies(data)


CONTROLS: dict[str, Any] = control_factory.SETTINGS["studies"][STUDY]["controls"]


def test_report_of_a_tree_without_its_test_part_names_it(tmp_path: Path) -> None:
    params = control_factory.build(tmp_path, parts=("search",))
    test = artefacts.table_folder(TABLE) / "test.npz"
    (tmp_path / test).unlink()
    data = StudyData(params, STUDY, tmp_path)
    assert data.missing.count(test.as_posix()) == 1
    assert data.loop.truth is None


def test_evidence_and_report_need_no_torch() -> None:
    names = "schedule_truth, sensitivity, convergence, policy_controls, class_balance"
    code = f"import sys; from rlsearch.evidence import {names}; import rlsearch.phases.report as p; "
    code += "p.drawing.figures.modules(); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- arms --------------------------------------------------------------------------------------------------------------


def test_arms_hold_what_was_retrained(made: Made) -> None:
    arms = made.data.trained
    assert set(arms) == {slot.name for slot in made.data.slots}
    sam = arms["sam"]
    assert sam.plain == 20 * control_factory.STEP_FLOPS
    assert sam.costs == [24.0] * 5
    assert sam.runs[0].ends == (4, 8, 12)
    assert sam.runs[0].spent == (8.0, 16.0, 24.0)
    found = {row["slot"]: row for row in rows(made, "arms")}
    assert float(found["sam"]["macro_f1"]) == pytest.approx(fmean(sam.tested("macro_f1")))
    interval = intervals.t_interval(sam.tested("accuracy"))
    assert interval is not None
    assert float(found["sam"]["accuracy_low"]) == pytest.approx(interval.low)


def test_convergence_needs_to_stay() -> None:
    assert convergence.converged((2, 4, 6), (0.9, 0.95, 0.951)) == 4
    assert convergence.converged((2, 4, 6), (0.949, 0.8, 0.951)) == 6
    assert convergence.converged((2, 4, 6), (0.946, 0.946, 0.951)) == 2
    assert convergence.converged((2, 4, 6), (0.951, 0.9, 0.94)) is None
    assert convergence.converged((2, 4, 6), (0.951, 0.9, 0.94), kept_best=True) == 2


def run(accuracy: tuple[float, ...], status: str = "ok", **changes: Any) -> convergence.Run:
    ends = tuple(range(1, len(accuracy) + 1))
    return convergence.Run(
        0, status, ("sgd",) * len(ends), ends, accuracy, tuple(2.0 * e for e in ends), 9.0, {}, **changes
    )


def test_time_to_a_target_is_a_cost_and_never_reached_is_infinitely_late() -> None:
    runs = [run((0.5, 0.9, 0.8)), run((0.9, 0.9, 0.9)), run((0.5, 0.6, 0.7))]
    assert [one.reached(0.85) for one in runs] == [4.0, 2.0, None]
    assert convergence.middle([one.reached(0.85) for one in runs]) == convergence.Middle(4.0, 2.0, None, 2, 3)
    assert convergence.middle([None, None, 1.0]).median is None
    best = convergence.Arm("a", 1.0, (run((0.8,)), run((1.0,)))), convergence.Arm("b", 1.0, (run((0.5,)),))
    assert convergence.target(best, ACCURACY) == pytest.approx(0.95 * 0.9)
    assert convergence.target([], ACCURACY) is None


def test_a_run_that_diverged_neither_converges_nor_ends_somewhere() -> None:
    lost = run((0.5, 0.9), status="diverged")
    assert (lost.final, lost.converged, lost.converged_cost) == (None, None, None)
    assert run((0.5, 0.9, 0.7), kept_best=True).final == 0.9
    assert run((0.5, 0.9, 0.899)).converged_cost == 4.0


def test_front_and_its_table(made: Made) -> None:
    kept = level_by_cost.front(made.data)
    means = {slot: (fmean(arm.costs), fmean(arm.tested("accuracy"))) for slot, arm in made.data.trained.items()}
    for slot, (cost, value) in means.items():
        beaten = any(c <= cost and v >= value and (c, v) != (cost, value) for c, v in means.values())
        assert beaten == (slot not in kept)
    assert {row["slot"] for row in rows(made, "effort") if row["front"]} == set(kept)
    found = {row["slot"]: row for row in rows(made, "effort")}
    assert found["sgd"]["search_cost"] == ""
    cost = made.data.summaries["dqn", 0]["cost"]
    assert float(found["best-dqn"]["search_cost"]) > cost["flops"] / made.data.trained["best-dqn"].plain / 2


def test_policies_are_told_apart_from_what_they_took(made: Made) -> None:
    agents = {row["agent"]: row for row in rows(made, "agents")}
    assert "policy" not in agents["dqn"]["answers"]
    assert "sam x" in agents["dqn"]["answers"]
    learned = {row["agent"]: row for row in rows(made, "returns")}
    assert set(learned) == {"dqn", "ppo", "ppo-three"}
    assert learned["dqn"]["optimizers"] == "sgd, sam"
    assert float(learned["dqn"]["steps"]) == 180
    assert 0 < float(learned["dqn"]["random_last"]) < float(learned["dqn"]["random"]) < 1
    assert learned["ppo"]["random"] == ""
    cost = {row["agent"]: row for row in rows(made, "cost")}
    assert cost["dqn"]["unique"] == cost["dqn"]["proposals"]


# -- published ---------------------------------------------------------------------------------------------------------


def test_published_rows_stand_beside_the_same_arm_here(made: Made) -> None:
    found = rows(made, "published-arms")
    names = [row["arm"] for row in found]
    for theirs, ours in (("DQN (SGD or SAM)", "best-dqn"), ("PPO (SGD or SAM)", "best-ppo"), ("SAM", "sam")):
        assert names[names.index(f"published: {theirs}") + 1] == f"here: {ours}"
    assert names[names.index("published: PPO (SGD, Adam or SAM)") + 1] == "here: best-ppo-three"
    assert len([name for name in names if name.startswith("here")]) == 6
    assert {row["comparable"] for row in found} == {"not comparable", ""}
    assert "dataset digits instead of fashion-mnist" in found[-1]["because"]


def test_macro_recall_must_equal_accuracy_on_balanced_test_sets(made: Made) -> None:
    entry = published_models.load("optimizer-selection")
    assert entry is not None
    broken = {(arm.arm, arm.dataset) for arm in entry.arms if class_balance.breaks(arm.accuracy, arm.recall)}
    assert len(broken) == 6
    assert ("SAM", "cifar-10") in broken
    assert ("Adam", "cifar-10") not in broken
    note = published_arms.table(made.data).note
    assert "In 6 of 11 published rows it does not, by up to 1.83 points" in note
    assert "and does so in every run" in made.text
    assert not class_balance.breaks(None, 0.5)
    assert class_balance.breaks(0.5, 0.5001, digits=None)


def test_a_fashion_mnist_study_is_set_beside_the_rows_of_its_dataset(made: Made) -> None:
    entry = published_models.load("optimizer-selection")
    assert entry is not None
    data = copy.copy(made.data)
    data.dataset = made.data.dataset.model_copy(update={"source": "fashion-mnist"})
    assert not any("dataset" in reason for reason in published.differences(data, entry))
    assert "dataset fashion-mnist instead of cifar-10" in published.differences(data, entry, "cifar-10")
    names = [row["arm"] for row in published_arms.table(data).rows]
    assert names.count("here: sam") == 1
    assert names.index("here: sam") > 6


# -- the schedule tree -------------------------------------------------------------------------------------------------


def test_references_are_exact(made: Made, truth: ScheduleTruth) -> None:
    accuracy = TruthTable.load(TABLE, "test", made.root).values["accuracy"][:, :, -1]
    assert accuracy.shape == (27, JUDGE)
    means = accuracy.mean(axis=1)
    found = {one.kind: one for one in made.data.loop.references if one.kind not in ("options", "optimizer")}
    best = found["best"].values["accuracy"]
    assert (best.mean, best.regret, best.regret_error) == (pytest.approx(means.max()), 0.0, 0.0)
    assert best.schedule == int(means.argmax())
    chance = found["random"].values["accuracy"]
    assert (chance.mean, chance.schedule) == (pytest.approx(means.mean()), None)
    paired = accuracy[best.schedule] - accuracy.mean(axis=0)
    assert chance.regret_error == pytest.approx(paired.std(ddof=1) / math.sqrt(JUDGE))
    few = [row for row in range(27) if truth.switches[row] <= 1]
    assert found["switch"].values["accuracy"].mean == pytest.approx(means[few].max())
    alone = {one.title: one for one in made.data.loop.references if one.kind == "optimizer"}
    assert alone["sgd alone"].values["accuracy"].mean == pytest.approx(means[0])
    assert sum("best static" in title for title in alone) == 1
    confined = next(one for one in made.data.loop.references if one.kind == "options")
    assert truth.label(confined.values["accuracy"].schedule) == "sgd x1, sam x2"


def test_references_are_those_of_regret(made: Made) -> None:
    judged = worth.truths(TruthTable.load(TABLE, "test", made.root))
    for one in made.data.loop.references:
        assert list(one.values) == ["accuracy", "cross_entropy"]
        for measure, value in one.values.items():
            if value.schedule is not None:
                assert value.regret == pytest.approx(judged[measure].regret(value.schedule, [])[0])


def test_validation_chooses_by_the_searches_trainings_alone(made: Made, truth: ScheduleTruth) -> None:
    assert truth.validation.seeds == control_factory.COLUMNS - JUDGE
    assert truth.chosen_by_validation == int(truth.validation.values["accuracy"][:, :, -1].mean(axis=1).argmax())


def test_policies_stand_beside_null_runs(made: Made) -> None:
    judged, block = worth.Truth.load(TABLE, made.root), made.data.controls["dqn"]["repetitions"]
    found = {row["agent"]: row for row in rows(made, "policies")}
    nulls = [judged.regret_of_schedules(one)[0] for one in block["null_answer_rows"]]
    assert float(found["dqn"]["null"]) == pytest.approx(fmean(nulls))
    real = made.data.regret["dqn"]["accuracy"]["final"]["values"]
    assert float(found["dqn"]["regret"]) == pytest.approx(fmean(real))
    assert float(found["dqn"]["gain"]) == pytest.approx(fmean(nulls) - fmean(real))
    assert float(found["dqn"]["random"]) == pytest.approx(fmean(block["random_share"]))
    assert found["ppo"]["random"] == ""


# -- sensitivity -------------------------------------------------------------------------------------------------------


def stepwise(table: TruthTable, weights: Weights, row: int, column: int, failure: float) -> float:
    """Return the return of one schedule in one training, step by step as the environment gives it."""
    before, total = Measured.untrained(table.measure, table.outputs), 0.0
    space: Any = table.space
    for step, action in enumerate(table.candidates[row]):
        accuracy = float(table.values["accuracy"][row, column, step])
        if math.isnan(accuracy):
            return total + failure
        now = Measured(accuracy, float(table.values["loss"][row, column, step]), step + 1)
        total += weights.step(before, now, space.passes(action))
        before = now
    return total + weights.end(before)


@pytest.mark.parametrize("weights", [OWN, Weights(0.5, 0.5, 0.1, 0.0)])
def test_returns_are_the_sums_of_the_steps_rewards(truth: ScheduleTruth, weights: Weights) -> None:
    table = truth.validation
    accuracy = table.values["accuracy"].copy()
    accuracy[5, 1, 1:] = accuracy[7, 2, :] = np.nan
    table = dataclasses.replace(table, values={"accuracy": accuracy, "loss": 20 * table.values["loss"]})
    found = sensitivity.returns(table, weights, -2.0)
    assert found.shape == (27, control_factory.COLUMNS - JUDGE)
    for row, column in ((0, 0), (26, 3), (5, 1), (7, 2), (13, 4)):
        assert found[row, column] == pytest.approx(stepwise(table, weights, row, column, -2.0))


def test_every_setting_of_the_weights_has_its_best_schedule(made: Made, truth: ScheduleTruth) -> None:
    found = made.data.loop.weighted
    assert len(found) == 24
    assert [one.weights for one in found if one.own] == [OWN]
    for one in found:
        expected = sensitivity.returns(truth.validation, one.weights, -2.0).mean(axis=1)
        assert (one.schedule, one.expected) == (int(expected.argmax()), pytest.approx(expected.max()))
        assert one.worth.regret >= 0
    free = [one.cost for one in found if one.weights.cost == 0.0]
    dear = [one.cost for one in found if one.weights.cost == 0.1]
    assert all(later <= first for first, later in zip(free, dear, strict=True))
    assert min(dear) < max(free)
    other = sensitivity.weighted(truth, Weights(1.0, 0.1, 0.02, 1.0), -2.0)
    assert (len(other), [one.own for one in other].index(True)) == (25, 0)
    assert sum(int(row["settings"]) for row in rows(made, "weights")) == 24
    assert made.data.loop.expected["dqn"][0] < made.data.loop.expected["ppo-three"][0]


def test_carry_is_compared_training_by_training(made: Made) -> None:
    found = made.data.loop.carry
    assert found is not None
    one, two = (
        TruthTable.load(name, "test", made.root).values["accuracy"][:, :, -1] for name in (TABLE, f"{TABLE}-recreated")
    )
    differences = (one - two).mean(axis=0)
    overall = found.groups[0]
    assert (overall.schedules, overall.mean) == (27, pytest.approx(differences.mean()))
    assert overall.interval == intervals.t_interval(differences)
    assert [group.schedules for group in found.groups] == [27, 24, 3, 12, 12]
    assert found.trainings == JUDGE
    assert found.groups[1].mean > found.groups[2].mean > 0
    assert [row["group"] for row in rows(made, "carry")][1] == "schedules that switch"


@pytest.mark.parametrize(
    "changes", [{"first_seed": 20}, {"epochs": [2, 4, 6], "proxy": {**control_factory.TASK, "batch_size": 32}}]
)
def test_another_recipe_is_not_the_recreated_tree(tmp_path: Path, made: Made, changes: dict[str, Any]) -> None:
    control_factory.write_table(tmp_path)
    control_factory.write_table(tmp_path, carry=False)
    path = tmp_path / artefacts.table_folder(f"{TABLE}-recreated") / "recipe.yaml"
    write_atomic(path, yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}, sort_keys=False))
    results = Results(made.params, STUDY, tmp_path)
    loaded = ScheduleTruth.of(results)
    assert loaded is not None
    assert sensitivity.carry(loaded, results.files) is None


def test_words_of_runs_that_never_get_there() -> None:
    assert effort.in_words(convergence.middle([4.0, 2.0, None])) == "4 (2–never), 2 of 3 runs"
    assert effort.in_words(convergence.middle([None])) == "never"
    assert effort.in_words(convergence.middle([3.0, 3.0])) == "3"
    assert effort.in_words(convergence.middle([])) is None
    assert (
        words.unbroken("adam x1, sam x2; sgd x3")
        == "adam\N{NO-BREAK SPACE}x1, sam\N{NO-BREAK SPACE}x2; sgd\N{NO-BREAK SPACE}x3"
    )
