"""What agents propose beside what they answer, agents that differ in their settings, and the best networks beside
those of the source."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from scipy import stats

import exploring
from exploring import STUDY, Made
from rlsearch.agents.q_learning import Settings
from rlsearch.evidence import worth
from rlsearch.evidence.worth import Truth
from rlsearch.layer_costs import steps
from rlsearch.layer_notation import read
from rlsearch.report import published_models, repetitions
from rlsearch.report.drawing import lay_out
from rlsearch.report.figures import modules, regret, test_levels, top_found
from rlsearch.report.plotting import apart, style
from rlsearch.report.study import StudyData
from rlsearch.report.tables import published as published_table
from rlsearch.report.tables import sampled, top, variants

FORWARD = "q-forward"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("variants")
    search = {**exploring.RAW["studies"][STUDY]["search"], "seeds": 1}
    return exploring.build(root, exploring.settings(search=search))


def truth(made: Made) -> Truth:
    found = worth.load_truth(made.data)
    assert isinstance(found, Truth)
    return found


def test_late_regret_is_that_of_what_was_proposed_last(made: Made) -> None:
    block, exact = repetitions.block(made.data, "q"), truth(made)
    for rows, used in zip(block["late_rows"], block["trials_used"], strict=True):
        assert len(rows) == max(2, used // 4)
    by_hand = [fmean(exact.regret(row, [])[0] for row in rows) for rows in block["late_rows"]]
    found = made.data.regret["q"]["value"]["late"]
    assert found["values"] == pytest.approx(by_hand)
    (row,) = [row for row in sampled.table(made.data).rows if row["agent"] == "q"]
    assert row["late"] == pytest.approx(fmean(by_hand))
    assert row["answer"] == pytest.approx(fmean(worth.final(block, exact).values))
    assert {row["agent"] for row in sampled.table(made.data).rows} == set(made.data.arms)


def test_proposals_and_answers_are_drawn_side_by_side(made: Made) -> None:
    module = modules()["sampled-and-answers"]
    assert module.applies(made.data)
    axes = lay_out(module, made.data, style.WIDE).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == list(exploring.AGENTS)
    assert "mean regret (units)" in axes.get_xlabel()
    assert "4 repeated searches" in module.caption(made.data) and "Not kept" not in module.caption(made.data)


def test_controls_of_before_are_told_and_not_left_out_silently(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    regret = {agent: dict(values) for agent, values in made.data.regret.items()}
    regret[FORWARD]["value"] = {**regret[FORWARD]["value"], "late": None}
    monkeypatch.setattr(made.data, "regret", regret)
    assert f"Not kept by the controls of: {FORWARD}." in modules()["sampled-and-answers"].caption(made.data)
    assert f"was not kept of: {FORWARD}" in sampled.table(made.data).note


def test_more_agents_than_hues_get_a_panel_each(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Grey" not in regret.caption(made.data) + top_found.caption(made.data)
    monkeypatch.setattr(apart, "MANY", 1)
    for module in (regret, top_found):
        titles = [axes.get_title(loc="left") for axes in lay_out(module, made.data, style.WIDE).axes]
        assert list(filter(None, titles)) == ["q", FORWARD, "random"]
        assert "Grey: the" in module.caption(made.data) and "Dashed: the" in module.caption(made.data)
    flat = repetitions.Band(*(np.array([1.0, 2.0]) for _ in range(4)))
    assert apart.far({"a": flat, "b": flat, "c": replace(flat, mean=np.array([9.0, 9.0]))}) == ["c"]


def test_an_interval_of_all_levels_does_not_squeeze_the_others(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    slots, values = made.data.compared[:2], [[0.5, 0.86], [0.85, 0.86]]
    monkeypatch.setattr(test_levels, "_shown", lambda _: list(zip(slots, values, strict=True)))
    low, high = lay_out(test_levels, made.data, style.WIDE).axes[0].get_xlim()
    assert (low, high) == pytest.approx((50 - 9, 86 + 9))
    assert "Arrowheads" in test_levels.caption(made.data)


def test_a_variant_is_compared_repetition_by_repetition(made: Made) -> None:
    table, exact = variants.table(made.data), truth(made)
    first, second = table.rows  # random has no second of its type
    assert (first["agent"], first["changed"], first["worse"]) == ("q", "nothing: the plainest of its type", None)
    assert (second["agent"], second["changed"]) == (FORWARD, "gamma: 0.01; order: forward")
    base, other = (worth.final(repetitions.block(made.data, agent), exact).values for agent in ("q", FORWARD))
    test = stats.ttest_rel(other, base)
    interval = test.confidence_interval(0.95)
    assert second["worse"] == pytest.approx(float(np.mean(other - base)))
    assert (second["worse_low"], second["worse_high"]) == pytest.approx((interval.low, interval.high))
    assert second["late"] == pytest.approx(fmean(worth.late(repetitions.block(made.data, FORWARD), exact)))
    assert "paired by repetition" in table.note
    assert "same proposals" not in table.note


def test_where_each_agent_lacks_a_flaw_they_are_compared_with_the_one_that_has_all(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaws = {"gamma": 0.01, "order": "forward", "replay": 10}
    ladder = {f"no-{name}": {key: value for key, value in flaws.items() if key != name} for name in flaws}
    agents = {label: Settings.model_validate(values) for label, values in {"all": flaws, "none": {}, **ladder}.items()}
    settings = made.data.settings.model_copy(
        update={"agents": {**agents, "random": made.data.settings.agents["random"]}}
    )
    monkeypatch.setattr(made.data, "settings", settings)
    monkeypatch.setattr(made.data, "controls", dict.fromkeys(agents, made.data.controls["q"]))
    table = variants.table(made.data)
    told = {row["agent"]: row["changed"] for row in table.rows}
    assert next(iter(told)) == "all" and told["all"] == "nothing: the others differ from it"
    assert told["no-order"] == "order: reverse" and told["none"] == "gamma: 1; replay: 100; order: reverse"
    assert "first the one whose settings differ least from those of the others" in table.note
    assert any(column.title.startswith("more regret than the first") for column in table.columns)


def test_a_setting_that_changed_no_proposal_is_told_from_one_that_changed_no_answer(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = "q-forward: made the same proposals as the plainest in every repetition"
    block = made.data.controls["q"]["repetitions"]
    for changed, told in (({}, True), ({"late_rows": [[0, 0]] * 4}, False)):
        twin = {**made.data.controls[FORWARD], "repetitions": copy.deepcopy({**block, **changed})}
        monkeypatch.setattr(made.data, "controls", {**made.data.controls, FORWARD: twin})
        table = variants.table(made.data)
        (row,) = [row for row in table.rows if row["agent"] == FORWARD]
        assert (row["worse"], row["worse_sd"]) == (0.0, 0.0)
        assert (same in table.note, "as good as the plainest's: q-forward" in table.note) == (told, not told)
    old = {key: value for key, value in block.items() if key != "late_rows"}
    before = {label: {**made.data.controls[label], "repetitions": old} for label in ("q", FORWARD)}
    monkeypatch.setattr(made.data, "controls", {**made.data.controls, **before})
    assert same not in variants.table(made.data).note


def test_settings_that_differ_are_told_in_words() -> None:
    other = Settings(schedule=((1.0, 5), (0.25, 5)), steps=None, again=True, gamma=0.01)
    told = variants.differences(Settings(), other)
    assert told == "gamma: 0.01; schedule: [[1, 5], [0.25, 5]]; steps: null; again: true"
    assert variants.differences(Settings(), Settings()) == "nothing"


def test_the_best_networks_stand_beside_the_published_ones(made: Made) -> None:
    table = top.table(made.data)
    rows = {row["slot"]: row for row in table.rows}
    assert list(rows)[:4] == ["found-1", "found-2", "joined", "best-random"]
    assert list(rows)[4:] == [f"published: place {place}" for place in range(1, 6)]
    own = [run["test_accuracy"] for run in made.data.retrained["found-1"]["runs"]]
    assert rows["found-1"]["test_accuracy"] == pytest.approx(fmean(own)) and rows["found-1"]["runs"] == 3
    moved = [run["test_accuracy"] for run in made.data.transferred["moved", "found-1"]["runs"]]
    assert rows["found-1"]["moved"] == pytest.approx(fmean(moved)) and rows["found-2"]["moved"] is None
    assert "digits, from scratch (moved)" in [column.title for column in table.columns]
    assert rows["published: place 1"]["parameters"] == 1_623_882 and "greyed" in rows["published: place 1"]
    for said in ("not comparable with ours", "mean 90.85 %", "best-random: answers of searches at the same cost"):
        assert said in table.note


def test_without_published_networks_their_cost_and_the_proxy_stand_beside_them(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"flops", "proxy"}.isdisjoint(column.key for column in top.table(made.data).columns)
    monkeypatch.setattr(made.data, "published", None)
    table = top.table(made.data)
    assert table.title == top.TITLE and {"flops", "proxy"} <= {column.key for column in table.columns}
    row = next(row for row in table.rows if row["slot"] == "found-1")
    assert row["flops"] == fmean(run["flops"] for run in made.data.retrained["found-1"]["runs"])
    known = made.data.selected["found-1"]["proxy"]
    assert row["proxy"] == known[f"mean_{made.data.measure.name}"]


def test_what_is_missing_of_it_is_said(made: Made, tmp_path: Path) -> None:
    data = StudyData(made.params, STUDY, tmp_path)
    table = top.table(data)
    assert "Not retrained yet: found-1, found-2, joined." in table.note
    assert "Not run yet: moved of found-1." in table.note
    assert len(table.rows) == 9


def test_published_networks_have_the_weights_that_are_printed() -> None:
    entry = published_models.load("metaqnn")
    assert entry is not None and len(entry.networks) == 5
    for network in entry.networks:
        counted = sum(step.parameters for step in steps(read(network.network), (1, 64, 64), 1, "valid", "same"))
        assert counted == network.parameters, network.network
    levels = [network.level for network in entry.networks]
    assert levels == sorted(levels, reverse=True) and fmean(levels) == pytest.approx(0.9085)
    notes = " ".join(entry.notes)
    assert "mean 90.85 %" in notes and "283 of 560" in notes and round(100 * 283 / 560, 2) == 50.54
    assert min(abs(count / 800 - 0.50535) for count in range(801)) > 0.0002


def test_rewards_at_an_epsilon_stand_beside_those_of_the_source(made: Made) -> None:
    rows = {row["quantity"]: row for row in published_table.table(made.data).rows}
    first, last = (rows[f"mean validation accuracy at epsilon {epsilon}"] for epsilon in (1, 0.1))
    trials = made.data.trials
    here = trials[(trials["agent"] == "q") & (trials["epsilon"] == 1.0)]["level"]
    assert first["measured"] == f"{here.mean():.4f} (mean of 12)" and first["published"] == "52.25 %"
    assert last["published"] == "88.02 %" and "q, 1 search" in last["measured_of"]
    assert all(row["comparable"] == "not comparable" for row in rows.values())
