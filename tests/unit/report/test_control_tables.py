"""Tables of a closed loop: arms, references, policies, weights and carried state, from made-up artefacts."""

from __future__ import annotations

import copy
import csv
import math
from statistics import fmean

import pytest

import control_factory
import control_settings
from control_factory import JUDGE, STUDY, TABLE
from control_report import Made
from rlsearch.config import artefacts
from rlsearch.evidence import class_balance, worth
from rlsearch.evidence.schedule_truth import ScheduleTruth
from rlsearch.report import published, published_models
from rlsearch.report.figures import level_by_cost
from rlsearch.report.tables import published_arms
from rlsearch.statistics import intervals
from rlsearch.truth.table import TruthTable


@pytest.fixture(scope="module")
def truth(made: Made) -> ScheduleTruth:
    found = made.data.loop.truth
    assert found is not None
    return found


def rows(made: Made, table: str) -> list[dict[str, str]]:
    path = made.root / artefacts.REPORT_FOLDER / "tables" / f"{STUDY}-{table}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


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
    assert truth.validation.seeds == control_settings.COLUMNS - JUDGE
    assert truth.chosen_by_validation == int(truth.validation.values["accuracy"][:, :, -1].mean(axis=1).argmax())


def test_policies_stand_beside_null_runs(made: Made) -> None:
    judged, block = worth.Truth(TruthTable.load(TABLE, "test", made.root)), made.data.controls["dqn"]["repetitions"]
    found = {row["agent"]: row for row in rows(made, "policies")}
    nulls = [judged.regret_of_schedules(one)[0] for one in block["null_answer_rows"]]
    assert float(found["dqn"]["null"]) == pytest.approx(fmean(nulls))
    real = made.data.regret["dqn"]["accuracy"]["final"]["values"]
    assert float(found["dqn"]["regret"]) == pytest.approx(fmean(real))
    assert float(found["dqn"]["gain"]) == pytest.approx(fmean(nulls) - fmean(real))
    assert float(found["dqn"]["random"]) == pytest.approx(fmean(block["random_share"]))
    assert found["ppo"]["random"] == ""
