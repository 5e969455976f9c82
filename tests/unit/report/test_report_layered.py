"""The report of a study on a space of choices with a truth table, from made-up artefacts."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest
from scipy import stats

import layered_factory
from layered_factory import STUDY, TABLE
from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.evidence.results import Results
from rlsearch.files import pretty_json, read_json, write_atomic
from rlsearch.measures import ACCURACY
from rlsearch.phases import report, select
from rlsearch.report import gradient, published_models, regret, repetitions
from rlsearch.report.figures import modules
from rlsearch.report.plotting import style
from rlsearch.report.study import StudyData
from rlsearch.report.tables import published as published_table
from rlsearch.report.tables import regret as regret_table
from rlsearch.report.tables import rewards
from rlsearch.spaces.layered_cnn import LayeredCNN

KEPT = ("lstm-reinforce", "lstm-reinforce-no-baseline", "random", "largest")
ARMS = {*KEPT, "lstm-reinforce-never-updated", "lstm-reinforce-no-baseline-never-updated"}
NEEDS_A_SCALE = {"sampled-actions", "reward-by-action", "which-is-real", "proxy-fidelity"}
OF_EXPLORATION = {"epsilon-rewards", "epsilon-levels", "q-by-group", "q-by-field", "first-values", "layer-shares"}
OF_CELLS = {"cells", "chosen-options", "low-shares", "tree-cells"}
OF_CONTROL = {"ribbons", "validation-curves", "level-by-cost", "returns", "carry", "policy-regret"}


@dataclass
class Made:
    root: Path
    params: Params
    data: StudyData
    text: str


def small() -> dict[str, object]:
    """Return settings of a study that is drawn quickly."""
    search = {"seeds": 2, "budget": 32, "finalists": 3, "replicates": 3, "score_replicates": 3}
    controls = {
        "runs": 20, "episodes": 24, "replicates": 5, "actions": 3, "permuted_labels": False,
        "repetitions": {"runs": 6, "trials": 40}, "gradient": {"updates": [0, 10], "batches": 24},
    }  # fmt: skip
    agents = {label: layered_factory.AGENTS[label] for label in KEPT}
    claims = [{"claim": "beats-agent-on-table", "agent": "lstm-reinforce", "against": "random", "margin": 0.01}]
    return layered_factory.settings(
        agents=agents, search=search, controls=controls, retrain={"seeds": 2}, claims=claims
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("layered")
    params = layered_factory.build(root, raw=small())
    text = report.run(params, root).read_text(encoding="utf-8")
    return Made(root, params, StudyData(params, STUDY, root), text)


def rows(made: Made, table: str) -> list[dict[str, str]]:
    path = made.root / artefacts.REPORT_FOLDER / "tables" / f"{STUDY}-{table}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_figures_that_need_a_scale_stay_away_and_all_others_are_drawn(made: Made) -> None:
    files = {path.stem for path in (made.root / artefacts.REPORT_FOLDER / "figures").glob("*.svg")}
    absent = NEEDS_A_SCALE | OF_EXPLORATION | OF_CONTROL | OF_CELLS
    assert files == {f"{STUDY}-{name}" for name in modules() if name not in absent}
    assert 'id="layered-cnn-landscape"' not in made.text
    for section in ("table", "gradient", "search", "target", "controls", "published", "cost"):
        assert f'id="{STUDY}-{section}"' in made.text
    assert "the search reads the truth table rl-nas-1296" in made.text
    assert "None is trained for this" in made.text


def test_no_cell_of_the_page_is_nonsense(made: Made) -> None:
    assert not [word for word in (">nan", "None<", ">inf", "NaN") if word in made.text]


def test_final_regret_is_that_of_the_evidence(made: Made) -> None:
    found = {row["agent"]: row for row in rows(made, "regret")}
    assert set(found) == ARMS
    for agent in ARMS:
        values = made.data.regret[agent]["accuracy"]["final"]["values"]
        assert float(found[agent]["accuracy"]) == pytest.approx(fmean(values))
        assert float(found[agent]["accuracy_sd"]) == pytest.approx(stdev(values))
        used = repetitions.block(made.data, agent)["trials_used"]
        assert float(found[agent]["trials_used"]) == pytest.approx(fmean(used))
        assert 0.5 < float(found[agent]["budget_share"]) <= 1
    means = [float(row["accuracy"]) for row in rows(made, "regret")]
    assert means == sorted(means)
    assert "largest 6 times" in regret_table.table(made.data).note


def test_the_best_found_are_compared_by_repetition(made: Made) -> None:
    found = rows(made, "best-found")
    assert [(row["agent"], row["against"], row["best"]) for row in found] == [
        ("lstm-reinforce", "random", f"the best{k}") for k in ("", " 5", " 15")
    ]
    for row, k in zip(found, ("1", "5", "15"), strict=True):
        first, second = (
            [run[-1] for run in repetitions.block(made.data, agent)["top"][k]] for agent in ("lstm-reinforce", "random")
        )
        test = stats.ttest_rel(first, second)
        interval = test.confidence_interval(0.95)
        assert float(row["p"]) == pytest.approx(test.pvalue)
        assert [float(row[key]) for key in ("low", "effect", "high")] == pytest.approx(
            [interval.low, fmean(first) - fmean(second), interval.high]
        )
        assert row["runs"] == "6"
    assert float(min(found, key=lambda row: float(row["p"]))["level"]) == 0.05 / 3


def test_regret_curves_are_in_shares_of_the_budget(made: Made) -> None:
    curve = regret.curves(made.data, ACCURACY)["random"]
    assert (curve.x[0], curve.x[-1]) == (5, 100)
    assert np.all(curve.low <= curve.mean)
    assert curve.mean[-1] <= curve.mean[0]


def test_bands_are_t_intervals_over_searches() -> None:
    band = repetitions.over_runs([1, 2], [[1.0, None], [2.0, 5.0], [3.0, None]])
    assert band.mean.tolist() == [2.0, 5.0]
    assert band.high[0] - band.mean[0] == pytest.approx(4.302653 * 1 / 3**0.5, rel=1e-6)
    assert band.low[1] == band.high[1] == 5.0


def test_rewards_are_drawn_in_the_order_of_the_proposals(made: Made) -> None:
    block = repetitions.block(made.data, "random")
    band = repetitions.rewards(made.data, "random")
    assert band.mean.tolist() == block["rewards"]
    assert (band.high - band.mean).tolist() == pytest.approx(block["reward_sd"])
    assert "nothing is sorted" in modules()["table-rewards"].caption(made.data)


def test_spread_of_rewards_stands_beside_the_published_one(made: Made) -> None:
    found = {row["agent"]: row for row in rows(made, "rewards")}
    searches = [
        [trial["metrics"]["accuracy"] for trial in ledger]
        for ledger in Results(made.params, STUDY, made.root).ledgers_of("random")
    ]
    assert float(found["random"]["raw_sd"]) == pytest.approx(fmean(stdev(values) for values in searches))
    assert float(found["random"]["centred_sd"]) < float(found["random"]["raw_sd"])
    assert found["published: REINFORCE with a baseline"]["clipped_sd"] == "0.0587"
    wrong = found["published: REINFORCE without a baseline"]
    assert (wrong["raw_sd"], wrong["raw_variance"]) == ("0.764", "0.0059")
    assert "cannot both hold" in wrong["remark"]
    assert "smaller by construction" in made.text
    assert '<td class="numeric greyed">0.764</td>' in made.text


def test_the_moving_average_takes_in_the_accuracy_before_it_is_subtracted() -> None:
    values = rewards.centred([0.5, 1.0, 0.0])
    assert values == pytest.approx([0.0, 0.8 * 0.5, 0.8 * (0.0 - 0.6)])


def test_gradient_points_hold_what_the_controls_measured(made: Made) -> None:
    found = {(point.agent, point.updates): point for point in gradient.points(made.data)}
    assert set(found) == {(agent, updates) for agent in KEPT[:2] for updates in (0, 10)}
    block = made.data.controls["lstm-reinforce"]["gradient"]
    point = found["lstm-reinforce", 10]
    assert (point.trace, point.ratio, point.clip_bias) == (
        block["trace"][1], block["ratio_to_plain"][1], block["clip_bias"][1]
    )  # fmt: skip
    assert point.interval is not None
    assert point.interval.low < block["ratio_to_plain"][1] < point.interval.high < 1
    plain = found["lstm-reinforce-no-baseline", 0]
    assert (plain.ratio, plain.mean_p) == (1.0, 1.0)
    assert len(rows(made, "gradient")) == 4


def test_slots_show_parameters_and_cost(made: Made) -> None:
    found = {row["slot"]: row for row in rows(made, "slots")}
    assert set(found) == {*(f"best-{agent}" for agent in KEPT), "hand-made"}
    metrics = read_json(made.root / artefacts.retrain_folder(STUDY, "best-random") / "metrics.json")
    assert float(found["best-random"]["flops"]) == metrics["runs"][0]["flops"]
    assert float(found["best-random"]["parameters"]) == metrics["parameters"]


def test_controls_speak_of_distinct_candidates(made: Made) -> None:
    assert "hit_share_fit" not in rows(made, "controls")[0]
    assert "quadratic" not in made.text
    assert "share of distinct candidates in the last quarter" in made.text
    assert "planted reward lies within" in made.text


def test_numbers_of_the_second_source_are_never_comparable(made: Made) -> None:
    entry = published_models.load("layered-cnn")
    assert entry is not None
    table = published_table.table(made.data)
    assert {row["comparable"] for row in table.rows} == {"not comparable"}
    assert all("Zoph & Le" in row["because"] or "another network" in row["because"] for row in table.rows)
    # Only the full space has slots of what they measured: changes of the network that a search found.
    assert not [row["candidate"] for row in table.rows if row["measured"]]
    slots = {number.measured.target_slot for number in entry.numbers if number.measured}
    assert slots == {"all-skips", "no-skips", "more-filters"} <= LayeredCNN.matchable
    assert "Left out: 3 of its 7 numbers" in table.note


def test_metrics_hold_regret_and_ratios(made: Made) -> None:
    found = read_json(made.root / artefacts.METRICS_FILE)["studies"][STUDY]
    assert set(found["regret"]) == ARMS
    assert found["gradient"]["lstm-reinforce"]["after-0"]["ratio"] < 1


def test_a_report_without_the_test_part_names_it(made: Made, tmp_path: Path) -> None:
    layered_factory.build(tmp_path, raw=small(), parts=())
    test = artefacts.table_folder(TABLE) / "test.npz"
    (tmp_path / test).unlink()
    data = StudyData(made.params, STUDY, tmp_path)
    assert test.as_posix() in data.missing
    assert data.regret == {}
    assert not modules()["regret"].applies(data)


def test_more_agents_than_colours_keep_apart() -> None:
    looks = [(style.colour(index), style.line(index), style.marker(index)) for index in range(20)]
    assert len(set(map(str, looks))) == len({look[2] for look in looks}) == 20


def test_without_any_answer_a_baseline_is_as_the_space_has_it(tmp_path: Path) -> None:
    params = layered_factory.build(tmp_path, raw=small(), parts=("search",))
    for path in (tmp_path / "results/search").rglob("summary.json"):
        write_atomic(path, pretty_json({**read_json(path), "answer": None}))
    select.run(params, STUDY, tmp_path)
    slot = read_json(tmp_path / artefacts.select_folder(STUDY) / "hand-made.json")
    assert slot["spec"] == LayeredCNN().baselines()["hand-made"]
    assert "matched_to" not in slot
